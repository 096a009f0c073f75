import { hash } from 'node:crypto'
import type { Prompt } from '../provider.ts'

/** Callers without an API key. */
export const PUBLIC = 'public'

/** `sha256` covers everything that changes the answer; `md5` is MD5(prompt:provider:model), for compatibility. */
export type CacheKeyForm = 'sha256' | 'md5'

export interface KeyParts {
  /** Digest of the caller's API key, or `public`. Tenants never share answers. */
  tenant: string
  /** Name of the provider that is asked first. */
  provider: string
  /** Of that provider. */
  origin: string | undefined
  prompt: Prompt
}

/** Counted up when the meaning of the key or of what it holds changes. */
const VERSION = 1

/** The digest under which the answer to a question is kept. */
export function cacheKeyOf(parts: KeyParts, form: CacheKeyForm): string {
  return form === 'md5' ? md5Of(parts) : sha256Of(parts)
}

function sha256Of({ tenant, provider, origin, prompt }: KeyParts): string {
  const { model, system, turns, maxTokens, temperature, topP, stop, seed } = prompt
  // A list has one order only, so this text is canonical. What was left out is null, which no value can be.
  const whole = [
    VERSION,
    tenant,
    provider,
    origin ?? null,
    model,
    system ?? null,
    turns.map(({ role, content }) => [role, content]),
    maxTokens,
    temperature ?? null,
    topP ?? null,
    stop ?? null,
    seed ?? null,
  ]
  return hash('sha256', JSON.stringify(whole))
}

/** Collides between different temperatures, system prompts and lengths: that is how this form is defined. */
function md5Of({ tenant, provider, prompt }: KeyParts): string {
  const [first, ...rest] = prompt.turns
  const text = rest.length === 0 ? first?.content : JSON.stringify(prompt.turns)
  const digest = hash('md5', `${text}:${provider}:${prompt.model}`)
  return tenant === PUBLIC ? digest : `${tenant}:${digest}`
}

import { type Logger, messageOf } from '../../kernel/index.ts'

/** Parameters that only tune the answer: better left out than no answer. */
const OPTIONAL = ['temperature', 'top_p', 'seed'] as const
/** Renamed by OpenAI; each sort of server knows one of them, some both. */
const LENGTHS = ['max_tokens', 'max_completion_tokens'] as const

/** Fits requests to models that do not take every parameter. */
export interface RefusedParameters {
  /** The body without what its model has refused before. */
  fit<B extends object>(model: string, body: B): B
  /** Whether `error` refuses a parameter of `body` that can be spared; it is from then on. */
  learn(model: string, body: object, error: unknown): boolean
}

/** Models whose refusals are remembered: their names come from requests. */
const MOST = 500

/**
 * Newer models of OpenAI refuse `temperature` and `top_p`, and tell so with a 400 that names the parameter. Learned from
 * that answer, not from a list of models, which would always be out of date; it costs one request a model and process.
 * A value out of range is not a refusal of this kind, and stays the caller's error.
 */
export function createRefusedParameters(label: string, log: Logger): RefusedParameters {
  const refused = new Map<string, Set<string>>()

  return {
    fit(model, body) {
      const names = refused.get(model)
      return names === undefined ? body : without(body, names)
    },
    learn(model, body, error) {
      const name = refusedBy(error, body)
      if (name === undefined) return false
      if (refused.size >= MOST) refused.clear()
      const names = refused.get(model) ?? new Set()
      // Who takes neither name would be asked with one and the other for ever.
      if (names.has(otherLength(name) ?? '')) return false
      refused.set(model, names.add(name))
      log.warn(
        { provider: label, model, parameter: name },
        'the model takes no such parameter, it is left out',
      )
      return true
    },
  }
}

function without<B extends object>(body: B, names: ReadonlySet<string>): B {
  const entries = Object.entries(body).filter(([name]) => !names.has(name))
  for (const name of LENGTHS) {
    const other = otherLength(name)
    if (other && names.has(name) && name in body && !(other in body)) entries.push([other, given(body, name)])
  }
  return Object.fromEntries(entries) as B
}

function otherLength(name: string): string | undefined {
  const index = (LENGTHS as readonly string[]).indexOf(name)
  return index < 0 ? undefined : LENGTHS[1 - index]
}

function refusedBy(error: unknown, body: object): string | undefined {
  const { status, code, param } = error as { status?: number; code?: string; param?: string }
  if (status !== 400 && status !== 422) return undefined
  const text = messageOf(error)
  const refuses =
    /^unsupported_(parameter|value)$/.test(code ?? '') || /not supported|unsupported|deprecated/i.test(text)
  if (!refuses) return undefined
  const named = (name: string) => param === name || (!param && mentions(text, name))
  return [...OPTIONAL, ...LENGTHS].find((name) => given(body, name) !== undefined && named(name))
}

function mentions(text: string, name: string): boolean {
  return new RegExp(`\\b${name}\\b`).test(text)
}

function given(body: object, name: string): unknown {
  return (body as Record<string, unknown>)[name]
}

import { describe, expect, it } from 'vitest'
import { cacheKeyOf, type KeyParts, PUBLIC } from '../../../src/runtime/llm/cache/key.ts'
import type { Prompt } from '../../../src/runtime/llm/provider.ts'

const prompt: Prompt = { model: 'm', turns: [{ role: 'user', content: 'hello' }], maxTokens: 100 }
const base: KeyParts = { tenant: PUBLIC, provider: 'openai', origin: 'https://one.example', prompt }

const changed: [string, KeyParts][] = [
  ['another tenant', { ...base, tenant: 'someone' }],
  ['another provider', { ...base, provider: 'anthropic' }],
  ['the same provider elsewhere', { ...base, origin: 'https://two.example' }],
  ...Object.entries({
    'another model': { model: 'n' },
    'a system prompt': { system: 'Be brief.' },
    'another text': { turns: [{ role: 'user', content: 'hello?' }] },
    'another speaker': { turns: [{ role: 'assistant', content: 'hello' }] },
    'the text in two turns': {
      turns: [
        { role: 'user', content: 'hel' },
        { role: 'user', content: 'lo' },
      ],
    },
    'another length': { maxTokens: 101 },
    'temperature 0, which is not the same as none': { temperature: 0 },
    'temperature 1': { temperature: 1 },
    'a nucleus': { topP: 1 },
    'a stop': { stop: ['x'] },
    'the characters of the stop apart': { stop: ['x', 'y'] },
    'a seed': { seed: 0 },
  } satisfies Record<string, Partial<Prompt>>).map(([what, change]): [string, KeyParts] => [
    what,
    { ...base, prompt: { ...prompt, ...(change as Partial<Prompt>) } },
  ]),
]

describe('the key of a cached answer', () => {
  it.each(changed)('differs with %s', (_what, parts) => {
    expect(cacheKeyOf(parts, 'sha256')).not.toBe(cacheKeyOf(base, 'sha256'))
  })

  it('differs between all of them', () => {
    const keys = changed.map(([, parts]) => cacheKeyOf(parts, 'sha256'))
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('does not depend on the order in which a prompt was put together', () => {
    const one: Prompt = { ...prompt, seed: 1, temperature: 0.5 }
    const other: Prompt = { temperature: 0.5, seed: 1, maxTokens: 100, turns: prompt.turns, model: 'm' }
    expect(cacheKeyOf({ ...base, prompt: one }, 'sha256')).toBe(
      cacheKeyOf({ ...base, prompt: other }, 'sha256'),
    )
  })

  it('is a SHA-256', () => {
    expect(cacheKeyOf(base, 'sha256')).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe('the compatible key', () => {
  it('is the MD5 of prompt, provider and model', () => {
    // printf 'hello:openai:m' | md5sum
    expect(cacheKeyOf(base, 'md5')).toBe('4d7639498237eda29b10ad0a630eaddd')
  })

  it('leaves out what the old form leaves out', () => {
    const hot = { ...base, prompt: { ...prompt, temperature: 1, maxTokens: 5 } }
    expect(cacheKeyOf(hot, 'md5')).toBe(cacheKeyOf(base, 'md5'))
  })

  it('keeps tenants apart all the same', () => {
    expect(cacheKeyOf({ ...base, tenant: 't1' }, 'md5')).not.toBe(cacheKeyOf(base, 'md5'))
  })
})

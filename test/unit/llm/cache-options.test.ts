import { describe, expect, it } from 'vitest'
import { advertisedUrl } from '../../../src/runtime/balancer/advertise.ts'
import { resolveConfig } from '../../../src/runtime/kernel/index.ts'
import { options } from '../../../src/runtime/llm/options.ts'

const from = (env: Record<string, string>) => resolveConfig(options, { env }).values

describe('the settings of the role llm', () => {
  it.each([
    [{}, 3_600_000],
    [{ CACHE_TTL: '60' }, 60_000],
    [{ CACHE_TTL: '0' }, 0],
    [{ CACHE_TTL: '5m' }, 300_000],
    [{ CACHE_TTL: '60', AGENTCTL_CACHE_TTL: '250ms' }, 250],
  ])('read how long answers are kept, in seconds unless it says otherwise: %o', (env, ms) => {
    expect(from(env).cacheTtl).toBe(ms)
  })

  it('refuse what is no time', () => {
    expect(() => from({ CACHE_TTL: 'an hour' })).toThrow(/CACHE_TTL: expected a duration/)
  })

  it('read keys as a list', () => {
    expect(from({}).apiKeys).toBeUndefined()
    expect(from({ AGENTCTL_LLM_API_KEYS: ' a, b,,c ' }).apiKeys).toEqual(['a', 'b', 'c'])
  })
})

describe('where others reach a replica', () => {
  it('is where it listens, unless that is everywhere, or it was said', () => {
    expect(advertisedUrl(undefined, '127.0.0.1', 'http://127.0.0.1:8001')).toBe('http://127.0.0.1:8001')
    expect(advertisedUrl(undefined, '0.0.0.0', 'http://127.0.0.1:8001')).toMatch(
      /^http:\/\/(?!127\.|0\.)[^:]+:8001$/,
    )
    expect(advertisedUrl('http://x:1', '0.0.0.0', 'http://127.0.0.1:8001')).toBe('http://x:1')
  })
})

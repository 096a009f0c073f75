import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { resolveConfig } from '../../../src/runtime/kernel/index.ts'
import { createProviders } from '../../../src/runtime/llm/providers.ts'
import { createCostOf } from '../../../src/runtime/llm/routing/prices.ts'
import { llmProviderSettings } from '../../../src/runtime/llm/settings.ts'
import { silent } from '../../support/redis.ts'

const schema = z.object(llmProviderSettings)
const fromEnv = (env: Record<string, string>) => resolveConfig(schema, { env }).values
const providersFrom = (env: Record<string, string>) => createProviders(fromEnv(env), { log: silent })

describe('the providers of an environment', () => {
  it.each([
    [{}, 'mock', ['mock']],
    [{ OPENAI_API_KEY: 'sk-1' }, 'openai', ['openai', 'mock']],
    [{ OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' }, 'openai', ['openai', 'mock']],
    [{ ANTHROPIC_API_KEY: 'sk-2' }, 'anthropic', ['anthropic', 'mock']],
    [{ OLLAMA_URL: 'http://127.0.0.1:11434' }, 'ollama', ['ollama', 'mock']],
    [
      { OLLAMA_URL: 'http://127.0.0.1:11434', ANTHROPIC_API_KEY: 'sk-2' },
      'anthropic',
      ['anthropic', 'ollama', 'mock'],
    ],
    [{ OPENAI_API_KEY: 'sk-1', AGENTCTL_LLM_PROVIDER: 'Mock' }, 'mock', ['openai', 'mock']],
  ])('%o: %s of %o', async (env, first, names) => {
    const providers = providersFrom(env as Record<string, string>)
    expect(providers.default).toBe(first)
    expect([...providers.configured.keys()]).toEqual(names)
    expect(providers.configured.size + providers.unconfigured.length).toBe(4)
    await providers.close()
  })

  it('their models can be set', () => {
    const { configured } = providersFrom({
      OPENAI_API_KEY: 'sk-1',
      OPENAI_MODEL: 'gpt-5-mini',
      OLLAMA_URL: 'http://x',
    })
    expect(configured.get('openai')?.defaultModel).toBe('gpt-5-mini')
    expect(configured.get('ollama')?.defaultModel).toBe('llama3.2')
  })

  it('the fallback chain is a list of names', () => {
    const env = { OPENAI_API_KEY: 'sk-1', AGENTCTL_LLM_FALLBACK: ' OpenAI, mock ,' }
    expect(providersFrom(env).fallback).toEqual(['openai', 'mock'])
  })

  it.each([
    [{ AGENTCTL_LLM_PROVIDER: 'gemini' }, 'LLM_PROVIDER_UNKNOWN', 'provider'],
    [{ AGENTCTL_LLM_PROVIDER: 'openai' }, 'LLM_PROVIDER_UNCONFIGURED', 'provider'],
    [{ AGENTCTL_LLM_FALLBACK: 'mock,gemini' }, 'LLM_PROVIDER_UNKNOWN', 'fallback'],
    [{ AGENTCTL_LLM_FALLBACK: 'anthropic' }, 'LLM_PROVIDER_UNCONFIGURED', 'fallback'],
  ])('%o is refused with %s', (env, code, field) => {
    expect(() => providersFrom(env as Record<string, string>)).toThrow(
      expect.objectContaining({ code, field }),
    )
  })

  it('only a provider of one kind of models refuses others', () => {
    const official = providersFrom({ OPENAI_API_KEY: 'sk-1', ANTHROPIC_API_KEY: 'sk-2' }).configured
    expect(official.get('openai')?.knows?.('claude-haiku-5-5')).toBe(false)
    expect(official.get('anthropic')?.knows?.('gpt-4o')).toBe(false)
    const proxy = providersFrom({
      OPENAI_API_KEY: 'sk-1',
      OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
    }).configured
    expect(proxy.get('openai')?.knows).toBeUndefined()
  })
})

describe('a setting that cannot be used is named', () => {
  it.each([
    ['OPENAI_BASE_URL', 'api.openai.com'],
    ['OLLAMA_URL', 'ftp://127.0.0.1'],
    ['AGENTCTL_MOCK_FAILURE_RATE', '1.5'],
    ['AGENTCTL_MOCK_LATENCY', 'soon'],
    ['AGENTCTL_LLM_ATTEMPTS', '0'],
    ['AGENTCTL_LLM_PRICES', '{"gpt-4o":'],
    ['AGENTCTL_LLM_PRICES', '{"gpt-4o":{"input":-1,"output":1}}'],
    ['AGENTCTL_LLM_PRICES', '[]'],
  ])('%s=%s', (name, value) => {
    expect(() => fromEnv({ [name]: value })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(name) }),
    )
  })
})

describe('the cost of an answer', () => {
  const usage = { inputTokens: 1_000_000, outputTokens: 100_000 }
  const cost = (model: string, own = {}, provider = 'openai') =>
    createCostOf(own)(provider, { model, ...usage })

  it.each([
    ['gpt-4o-mini', 0.15 + 0.06],
    ['gpt-4o-mini-2024-07-18', 0.15 + 0.06],
    ['gpt-4o-2024-08-06', 2.5 + 1],
    ['gpt-5.2-chat-latest', 1.75 + 1.4],
    ['claude-haiku-5-5', 0.1 + 0.05],
    ['claude-haiku-4-5-20251001', 1 + 0.5],
    ['claude-opus-4-1-20250805', 15 + 7.5],
    ['claude-opus-4-6', 5 + 2.5],
  ])('of %s', (model, dollars) => {
    expect(cost(model)).toBeCloseTo(dollars)
  })

  it.each(['gpt-5-pro', 'gpt-5.9', 'gpt-4-32k', 'llama3.2', 'gpt', ''])('of %j is not known', (model) => {
    expect(cost(model)).toBeUndefined()
  })

  it('is nothing where nobody sends a bill', () => {
    expect(cost('gpt-4o', {}, 'mock')).toBe(0)
    expect(cost('llama3.2', {}, 'ollama')).toBe(0)
  })

  it('follows the prices that are set', () => {
    const { llmPrices } = fromEnv({
      AGENTCTL_LLM_PRICES: '{"llama3.2":{"input":1,"output":2},"gpt-4o":{"input":0,"output":0}}',
    })
    expect(cost('llama3.2', llmPrices, 'ollama')).toBeCloseTo(1.2)
    expect(cost('gpt-4o', llmPrices)).toBe(0)
  })
})

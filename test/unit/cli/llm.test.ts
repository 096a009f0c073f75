import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { describeSettings } from '../../../src/cli/describe-settings.ts'
import { pickReplica } from '../../../src/cli/find-replica.ts'
import { renderProviders } from '../../../src/cli/llm/provider-table.ts'
import { promptOf, requestOf, runGenerate } from '../../../src/cli/llm/run-generate.ts'
import type { GenerateAnswer } from '../../../src/runtime/llm/messages.ts'

describe('the replica that the commands talk to', () => {
  const replica = (url: string, load: number, health: 'closed' | 'open' = 'closed') => ({
    url,
    load,
    health,
    latency: 0,
    errors: 0,
  })

  it('is a healthy one with the least to do, else any, else none', () => {
    expect(pickReplica([replica('a', 0, 'open'), replica('b', 2), replica('c', 1)])).toBe('c')
    expect(pickReplica([replica('a', 0, 'open')])).toBe('a')
    expect(pickReplica([])).toBeUndefined()
  })
})

describe('llm generate', () => {
  const answer: GenerateAnswer = {
    text: 'two\nlines\u001b[2J',
    model: 'm',
    provider: 'P',
    token_count: 5,
    input_tokens: 2,
    output_tokens: 3,
    cached: true,
    finish_reason: 'length',
    fell_back_from: ['openai'],
  }
  const client = {
    generate: async () => answer,
    async *stream() {
      yield 'two\n'
      yield 'lines\u001b[2J'
      return answer
    },
  }

  it.each([true, false])(
    'prints the text without what would steer a terminal, streamed: %s',
    async (stream) => {
      let out = ''
      let said = ''
      const output = {
        write: (text: string) => {
          out += text
        },
        say: (text: string) => {
          said += text
        },
      }
      expect(await runGenerate(client, { prompt: 'x' }, stream, output)).toBe(answer)
      expect(out).toBe('two\nlines\ufffd[2J\n')
      expect(said).toBe('(P m, 2 + 3 tokens, from the cache, instead of openai, ended by length)')
    },
  )

  it('sends what was given and nothing else', () => {
    expect(requestOf('hi', { cache: true })).toEqual({ prompt: 'hi', use_cache: true })
    expect(requestOf('hi', { cache: false, temperature: '0', 'max-tokens': 5, timeout: 10 })).toEqual({
      prompt: 'hi',
      use_cache: false,
      temperature: 0,
      max_tokens: 5,
      timeout_ms: 10,
    })
    expect(() => requestOf('hi', { cache: true, temperature: 'warm' })).toThrow(/--temperature: "warm"/)
  })

  it('reads the prompt from stdin for a dash', async () => {
    expect(await promptOf('-', Readable.from(['a long\n', 'prompt\n']))).toBe('a long\nprompt')
    expect(await promptOf('text', Readable.from(['unread']))).toBe('text')
  })
})

describe('llm providers', () => {
  it('shows state, breaker and place of each', () => {
    const table = renderProviders([
      {
        name: 'openai',
        label: 'OpenAI',
        state: 'open',
        default: true,
        default_model: 'gpt',
        retry_in_ms: 4_200,
      },
      { name: 'mock', label: 'Mock', state: 'ready', default: false, fallback: 1, default_model: 'mock' },
      { name: 'ollama', label: 'Ollama', state: 'unconfigured', default: false, needs: 'OLLAMA_URL' },
    ])
    expect(table.split('\n')).toEqual([
      'PROVIDER  STATE         BREAKER  MODEL  USED        NOTE',
      'openai    open          open     gpt    default     asked again in 5s',
      'mock      ready         closed   mock   fallback 1',
      'ollama    unconfigured  -        -      -           needs OLLAMA_URL',
    ])
  })
})

describe('the settings that are printed', () => {
  it('hold no keys', () => {
    process.env.OPENAI_API_KEY = 'sk-very-secret'
    try {
      const rows = describeSettings()
      expect(rows.find(({ setting }) => setting === 'openai-api-key')?.value).toBe('***')
      expect(JSON.stringify(rows)).not.toContain('very-secret')
    } finally {
      delete process.env.OPENAI_API_KEY
    }
  })
})

import { z } from 'zod'
import { duration } from '../kernel/index.ts'
import { pricesSetting } from './routing/prices.ts'

const text = () => z.string().trim().min(1)
const url = () => z.url({ protocol: /^https?$/, error: 'expected an address such as http://127.0.0.1:11434' })
const share = () => z.coerce.number().min(0).max(1)
/** Names separated by commas, or a list in the project file. */
const names = () =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((value) =>
      (typeof value === 'string' ? value.split(',') : value)
        .map((name) => name.trim().toLowerCase())
        .filter((name) => name !== ''),
    )

/** Providers of the llm role, and how patient it is with them. */
export const llmProviderSettings = {
  provider: text()
    .toLowerCase()
    .optional()
    .meta({
      description:
        'Provider of requests that name none (default: the first configured of openai, anthropic, ollama, else mock)',
      env: ['AGENTCTL_LLM_PROVIDER'],
      placeholder: 'NAME',
    }),
  fallback: names()
    .optional()
    .meta({
      description: 'Providers to ask in this order when the one that was asked cannot answer',
      env: ['AGENTCTL_LLM_FALLBACK'],
      placeholder: 'NAMES',
    }),
  timeout: duration('1ms')
    .prefault('60s')
    .meta({
      description: 'Longest time for an answer, retries and fallbacks included',
      env: ['AGENTCTL_LLM_TIMEOUT'],
    }),
  attempts: z.coerce
    .number()
    .int()
    .min(1)
    .max(10)
    .default(3)
    .meta({ description: 'Tries at each provider', env: ['AGENTCTL_LLM_ATTEMPTS'] }),
  openaiApiKey: text()
    .optional()
    .meta({ description: 'Key of OpenAI', env: ['OPENAI_API_KEY'], secret: true }),
  openaiModel: text()
    .default('gpt-4o-mini')
    .meta({ description: 'Model of requests that name none', env: ['OPENAI_MODEL'], placeholder: 'MODEL' }),
  openaiUrl: url()
    .optional()
    .meta({
      description: 'Address of a server that is compatible with OpenAI, with its /v1',
      env: ['OPENAI_BASE_URL'],
      placeholder: 'URL',
    }),
  anthropicApiKey: text()
    .optional()
    .meta({ description: 'Key of Anthropic', env: ['ANTHROPIC_API_KEY'], secret: true }),
  anthropicModel: text()
    .default('claude-haiku-5-5')
    .meta({
      description: 'Model of requests that name none',
      env: ['ANTHROPIC_MODEL'],
      placeholder: 'MODEL',
    }),
  anthropicUrl: url()
    .optional()
    .meta({
      description: 'Address of Anthropic, without /v1',
      env: ['ANTHROPIC_BASE_URL'],
      placeholder: 'URL',
    }),
  ollamaUrl: url()
    .optional()
    .meta({
      description: 'Address of Ollama, such as http://127.0.0.1:11434',
      env: ['OLLAMA_URL'],
      placeholder: 'URL',
    }),
  ollamaModel: text()
    .default('llama3.2')
    .meta({
      description: 'Model of requests that name none',
      env: ['OLLAMA_MODEL'],
      placeholder: 'MODEL',
    }),
  mockLatency: duration()
    .prefault('100ms')
    .meta({ description: 'Mock: median time to the first token', env: ['AGENTCTL_MOCK_LATENCY'] }),
  mockSigma: z.coerce
    .number()
    .min(0)
    .max(5)
    .default(0.3)
    .meta({ description: 'Mock: spread of that time (lognormal)', env: ['AGENTCTL_MOCK_SIGMA'] }),
  mockTokensPerSecond: z.coerce
    .number()
    .min(0)
    .default(0)
    .meta({
      description: 'Mock: speed of writing, 0 for all at once',
      env: ['AGENTCTL_MOCK_TOKENS_PER_SECOND'],
    }),
  mockFailureRate: share()
    .default(0)
    .meta({ description: 'Mock: share of requests that fail, 0 to 1', env: ['AGENTCTL_MOCK_FAILURE_RATE'] }),
  mockFailureLatency: duration()
    .prefault('5ms')
    .meta({ description: 'Mock: time until a request fails', env: ['AGENTCTL_MOCK_FAILURE_LATENCY'] }),
  mockStallRate: share()
    .default(0)
    .meta({ description: 'Mock: share of requests that stall, 0 to 1', env: ['AGENTCTL_MOCK_STALL_RATE'] }),
  mockStall: duration()
    .prefault('2s')
    .meta({ description: 'Mock: how much longer these take', env: ['AGENTCTL_MOCK_STALL'] }),
  mockSeed: z.coerce
    .number()
    .int()
    .default(1)
    .meta({ description: 'Mock: what its texts and its luck follow from', env: ['AGENTCTL_MOCK_SEED'] }),
  llmPrices: pricesSetting.optional().meta({
    description: 'Dollars for a million tokens: {"MODEL":{"input":0.2,"output":0.8}}',
    env: ['AGENTCTL_LLM_PRICES'],
    placeholder: 'JSON',
  }),
}

const schema = z.object(llmProviderSettings)
export type LlmProviderSettings = z.output<typeof schema>

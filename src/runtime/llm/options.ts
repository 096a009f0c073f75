import { z } from 'zod'
import { duration, exposureSettings, httpSettings, redisSettings, roleSettings } from '../kernel/index.ts'
import { llmProviderSettings } from './settings.ts'

const whole = () => z.coerce.number().int().min(0)

/** As elsewhere, except that a bare number is a number of seconds: `CACHE_TTL=3600` is an hour. */
const seconds = () =>
  z.preprocess(
    (value) => (/^\d+(\.\d+)?$/.test(String(value).trim()) ? `${String(value).trim()}s` : value),
    duration(),
  )

const keyList = () =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((value) =>
      (typeof value === 'string' ? value.split(',') : value)
        .map((key) => key.trim())
        .filter((key) => key !== ''),
    )

export const options = z.object({
  ...httpSettings(8001),
  ...exposureSettings,
  ...redisSettings,
  ...llmProviderSettings,
  cacheTtl: seconds()
    .prefault('1h')
    .meta({
      description: 'How long answers are kept, in seconds or with a unit; 0 for no cache',
      env: ['AGENTCTL_CACHE_TTL', 'CACHE_TTL'],
    }),
  cacheKey: z
    .enum(['sha256', 'md5'])
    .default('sha256')
    .meta({
      description: 'What answers are kept under: everything that was asked, or MD5(prompt:provider:model)',
      env: ['AGENTCTL_CACHE_KEY'],
      placeholder: 'sha256|md5',
    }),
  quotaRequests: whole()
    .default(0)
    .meta({
      description: 'Requests a minute for each API key, 0 for any number',
      env: ['AGENTCTL_LLM_QUOTA_REQUESTS'],
    }),
  quotaTokens: whole()
    .default(0)
    .meta({
      description: 'Tokens a day for each API key, 0 for any number',
      env: ['AGENTCTL_LLM_QUOTA_TOKENS'],
    }),
  apiKeys: keyList()
    .optional()
    .meta({
      description: 'Keys of those who may ask, separated by commas (default: everybody may)',
      env: ['AGENTCTL_LLM_API_KEYS'],
      placeholder: 'KEYS',
      secret: true,
    }),
  maxInFlight: whole()
    .min(1)
    .default(256)
    .meta({
      description: 'Questions with the providers at once; more are refused',
      env: ['AGENTCTL_LLM_MAX_IN_FLIGHT'],
    }),
  advertiseUrl: z
    .url({ protocol: /^https?$/, error: 'expected an address such as http://llm-1:8001' })
    .optional()
    .meta({
      description: 'Where others reach this replica (default: where it listens)',
      env: ['AGENTCTL_ADVERTISE_URL'],
      placeholder: 'URL',
    }),
  bodyLimit: z.coerce
    .number()
    .int()
    .positive()
    .default(2_097_152)
    .meta({ description: 'Largest request body in bytes', env: ['AGENTCTL_BODY_LIMIT'] }),
  ...roleSettings,
})

export type LlmOptions = z.output<typeof options>

import { z } from 'zod'
import { credentialSettings } from '../campaigns/index.ts'
import { duration, exposureSettings, httpSettings, redisSettings, roleSettings } from '../kernel/index.ts'

const whole = () => z.coerce.number().int().min(1)

const address = (example: string) =>
  z.url({ protocol: /^https?$/, error: `expected an address such as ${example}` })

export const options = z.object({
  ...httpSettings(8002),
  ...exposureSettings,
  // Not the name that commands have for it: a serve that runs would fill that in, with its first replica alone.
  campaignsServiceUrl: address('http://127.0.0.1:8003')
    .optional()
    .meta({
      description: 'Campaigns service to use (default: the replicas that have registered in Redis)',
      env: ['AGENTCTL_CAMPAIGNS_URL', 'DEMO_DOMAIN_URL'],
      placeholder: 'URL',
    }),
  ...credentialSettings,
  llmUrl: address('http://127.0.0.1:8001')
    .optional()
    .meta({
      description:
        'LLM service that writes descriptions (default: the replicas that have registered in Redis)',
      env: ['AGENTCTL_LLM_URL', 'AI_MANAGEMENT_URL'],
      placeholder: 'URL',
    }),
  llmApiKey: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: 'API key for that service, if it wants one',
      env: ['AGENTCTL_LLM_API_KEY'],
      placeholder: 'KEY',
      secret: true,
    }),
  llmPatience: duration('10ms')
    .prefault('20s')
    .meta({
      description: 'How long a description may take before the template is taken',
      env: ['AGENTCTL_LLM_PATIENCE'],
    }),
  patience: duration('10ms')
    .prefault('30s')
    .meta({
      description: 'How long events wait for a campaigns service that is away',
      env: ['AGENTCTL_CAMPAIGNS_PATIENCE'],
    }),
  ...redisSettings,
  concurrency: whole()
    .max(64)
    .default(4)
    .meta({
      description: 'Batches of events under way at once, in each run',
      env: ['AGENTCTL_AGENTS_CONCURRENCY'],
    }),
  batch: whole()
    .max(1_000)
    .default(500)
    .meta({ description: 'Events of one batch', env: ['AGENTCTL_AGENTS_BATCH'] }),
  bodyLimit: whole()
    .default(32 * 1024 * 1024)
    .meta({ description: 'Largest request body in bytes', env: ['AGENTCTL_BODY_LIMIT'] }),
  ...roleSettings,
})

export type AgentsOptions = z.output<typeof options>

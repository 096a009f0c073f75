import { z } from 'zod'
import { contextSettings, redisSettings, stateSettings } from '../../runtime/kernel/index.ts'

/** How the commands find the service. */
export const llmClient = z.object({
  llmUrl: z
    .url({ protocol: /^https?$/, error: 'expected an address such as http://127.0.0.1:8001' })
    .optional()
    .meta({
      description:
        'LLM service to talk to (default: a replica that has registered, else http://127.0.0.1:8001)',
      env: ['AGENTCTL_LLM_URL', 'AI_MANAGEMENT_URL'],
      placeholder: 'URL',
    }),
  llmApiKey: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: 'Key to show to it',
      env: ['AGENTCTL_LLM_API_KEY'],
      placeholder: 'KEY',
      secret: true,
    }),
  ...redisSettings,
  ...stateSettings,
  ...contextSettings,
})

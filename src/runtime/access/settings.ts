import { z } from 'zod'

/** Who may use a gateway. */
export const accessSettings = {
  auth: z
    .enum(['off', 'keys'])
    .default('off')
    .meta({
      description: 'Who may ask: anybody who reaches it (off), or who has an API key (keys)',
      env: ['AGENTCTL_AUTH'],
      placeholder: 'WAY',
    }),
  authMetrics: z
    .enum(['off', 'keys'])
    .default('off')
    .meta({
      description: 'The same for /metrics, with a key of scope metrics',
      env: ['AGENTCTL_AUTH_METRICS'],
      placeholder: 'WAY',
    }),
}

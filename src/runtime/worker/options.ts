import { z } from 'zod'
import { chatSettings, duration, metricsSettings, redisSettings, roleSettings } from '../kernel/index.ts'

export const options = z.object({
  handler: z
    .string()
    .default('demo')
    .meta({
      description: 'What answers: "demo", or a module whose default export is an async generator',
      env: ['AGENTCTL_HANDLER'],
      placeholder: 'demo|FILE',
    }),
  concurrency: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(10)
    .meta({ description: 'Jobs at once in each replica', env: ['AGENTCTL_CONCURRENCY'] }),
  feature: z
    .string()
    .min(1)
    .regex(/^[^:\p{Cc}]+$/u, 'may not contain ":" or control characters')
    .default('default')
    .meta({
      description: 'Serve the jobs of this feature only',
      env: ['FEATURE_ID'],
      placeholder: 'FEATURE',
    }),
  workerName: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Name in messages and logs', env: ['WORKER_NAME'], placeholder: 'NAME' }),
  ...chatSettings,
  lockDuration: duration('1s')
    .prefault('8s')
    .meta({
      description: 'How long after its last sign of life a worker counts as dead and its jobs move on',
      env: ['AGENTCTL_LOCK_DURATION'],
    }),
  ...redisSettings,
  ...metricsSettings,
  ...roleSettings,
})

export type WorkerOptions = z.output<typeof options>

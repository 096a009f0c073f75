import { z } from 'zod'
import { databaseSettings, metricsSettings, redisSettings, roleSettings } from '../kernel/index.ts'

export const options = z.object({
  ...databaseSettings,
  ...redisSettings,
  batch: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(500)
    .meta({ description: 'Rows written at once', env: ['AGENTCTL_STORAGE_BATCH'] }),
  ...metricsSettings,
  ...roleSettings,
})

export type StorageOptions = z.output<typeof options>

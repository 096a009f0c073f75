import { z } from 'zod'
import { accessSettings } from '../access/index.ts'
import { evaluationSettings } from '../evaluation/index.ts'
import {
  chatSettings,
  confirmSettings,
  databaseSettings,
  duration,
  exposureSettings,
  httpSettings,
  redisSettings,
  roleSettings,
} from '../kernel/index.ts'
import { querySettings } from '../rag/index.ts'

export const options = z.object({
  ...httpSettings(8000),
  ...exposureSettings,
  ...accessSettings,
  ...redisSettings,
  streamTtl: chatSettings.streamTtl,
  heartbeat: duration('100ms')
    .prefault('10s')
    .meta({ description: 'Pause between two heartbeats of an event stream', env: ['AGENTCTL_HEARTBEAT'] }),
  workerWait: duration()
    .prefault('30s')
    .meta({ description: 'How long clients wait while no worker is running', env: ['AGENTCTL_WORKER_WAIT'] }),
  bodyLimit: z.coerce
    .number()
    .int()
    .positive()
    .default(1_048_576)
    .meta({ description: 'Largest request body in bytes', env: ['AGENTCTL_BODY_LIMIT'] }),
  ...confirmSettings,
  ...querySettings,
  ...evaluationSettings,
  ...databaseSettings,
  ...roleSettings,
})

export type GatewayOptions = z.output<typeof options>

import { z } from 'zod'
import { gatewayRole } from '../runtime/gateway/gateway.role.ts'
import {
  databaseSettings,
  duration,
  logSettings,
  redisSettings,
  roleSettings,
  stateSettings,
} from '../runtime/kernel/index.ts'
import { workerRole } from '../runtime/worker/worker.role.ts'

const gateway = gatewayRole.options.shape
const worker = workerRole.options.shape

/** What `serve` takes besides the roles themselves. Other options reach the roles by environment or project file. */
export const serveSettings = z.object({
  host: gateway.host,
  port: gateway.port,
  auth: gateway.auth,
  allowedHosts: gateway.allowedHosts,
  tlsCert: gateway.tlsCert,
  tlsKey: gateway.tlsKey,
  tlsCa: gateway.tlsCa,
  handler: worker.handler,
  concurrency: worker.concurrency,
  autoscale: z
    .string()
    .min(1)
    .optional()
    .meta({
      description:
        'Keep as many replicas of these roles as their work is for, between two bounds: worker=1..8,rag=1..4',
      env: ['AGENTCTL_AUTOSCALE'],
      placeholder: 'ROLE=MIN..MAX',
    }),
  autoscaleWait: duration('100ms')
    .prefault('2s')
    .meta({
      description:
        'How long work may wait while all replicas are busy before another one is started, with --autoscale',
      env: ['AGENTCTL_AUTOSCALE_WAIT'],
    }),
  autoscaleCooldown: duration()
    .prefault('60s')
    .meta({
      description: 'How long fewer replicas must have been enough before some are stopped, with --autoscale',
      env: ['AGENTCTL_AUTOSCALE_COOLDOWN'],
    }),
  ...redisSettings,
  ...databaseSettings,
  ...stateSettings,
  ...logSettings,
  drainTimeout: roleSettings.drainTimeout,
})

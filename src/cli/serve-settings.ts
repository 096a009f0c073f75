import { z } from 'zod'
import { gatewayRole } from '../runtime/gateway/gateway.role.ts'
import {
  databaseSettings,
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
  ...redisSettings,
  ...databaseSettings,
  ...stateSettings,
  ...logSettings,
  drainTimeout: roleSettings.drainTimeout,
})

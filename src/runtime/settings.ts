import type { z } from 'zod'
import { loadConfig, type Resolved, type Values } from './kernel/index.ts'
import { runningServe } from './supervisor/run-file.ts'

/** Settings by precedence: the given values, environment, project file, the serve that runs here, defaults. */
export function settingsOf<S extends z.ZodObject>(
  schema: S,
  values: Values,
  stateDir?: string,
): Resolved<z.output<S>> {
  const running = runningServe(stateDir)
  const { redisUrl, databaseUrl, gatewayUrl, campaignsUrl } = running ?? {}
  const known = { redisUrl, databaseUrl, gatewayUrl, campaignsUrl }
  return loadConfig(schema, values, withoutHost(schema, known))
}

/** REDIS_HOST and REDIS_PORT are weaker than REDIS_URL, yet stronger than a serve that happens to run. */
function withoutHost(schema: z.ZodObject, running: Values): Values {
  if (!('redisHost' in schema.shape)) return running
  const { values } = loadConfig(schema.pick({ redisHost: true, redisPort: true }), {})
  if (values.redisHost === undefined && values.redisPort === undefined) return running
  const { redisUrl: _, ...rest } = running
  return rest
}

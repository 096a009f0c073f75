import type { z } from 'zod'
import { loadConfig, type Resolved } from '../runtime/kernel/index.ts'
import { runningServe } from '../runtime/supervisor/run-file.ts'
import { toValues } from './flags.ts'
import { stateDirOf } from './state-only.ts'

/** Settings of a command: its flags over environment, project file and the serve that runs here. */
export function resolveSettings<S extends z.ZodObject>(
  schema: S,
  flags: Record<string, unknown>,
): Resolved<z.output<S>> {
  const values = toValues(flags)
  const running = runningServe(stateDirOf(flags))
  const known = running && {
    redisUrl: running.redisUrl,
    ...(running.gatewayUrl ? { gatewayUrl: running.gatewayUrl } : {}),
  }
  return loadConfig(schema, values, withoutHost(schema, known ?? {}))
}

/** REDIS_HOST and REDIS_PORT are weaker than REDIS_URL, yet stronger than a serve that happens to run. */
function withoutHost(schema: z.ZodObject, running: Record<string, unknown>): Record<string, unknown> {
  if (!('redisHost' in schema.shape)) return running
  const { values } = loadConfig(schema.pick({ redisHost: true, redisPort: true }), {})
  if (values.redisHost === undefined && values.redisPort === undefined) return running
  const { redisUrl: _, ...rest } = running
  return rest
}

import { hostRole } from '../runtime/host/index.ts'
import { AgentctlError, type Role, replicaIdentity } from '../runtime/kernel/index.ts'
import { createLogger } from '../runtime/platform/log/index.ts'
import { openTracing } from '../runtime/platform/tracing/index.ts'
import { version } from '../runtime/version.ts'
import { programPath } from './program.ts'
import { createStop } from './stop.ts'

/** Milliseconds beyond its drain delay and timeout after which a replica is killed. */
const STOP_GRACE = 8_000

interface Options {
  drainTimeout: number
  drainDelay?: number
  logLevel: string
}

/** Runs a role in this process; resolves with the exit code. */
export async function runRole(role: Role, options: Options): Promise<number> {
  const identity = replicaIdentity(role.name)
  const log = createLogger({ level: options.logLevel, bindings: { role: role.name, replica: identity.name } })
  const { env } = process
  const tracing = await openTracing({ role: role.name, instance: identity.name, version, env, log })
  const { tracer } = tracing
  try {
    return await hostRole({ role, options: { ...options }, ...identity, tracer, log })
  } catch (error) {
    // Under a supervisor the log is all there is to read.
    if (process.connected && error instanceof AgentctlError) {
      log.error({ code: error.code, fix: error.fix }, `cannot start: ${error.message}`)
    }
    throw error
  } finally {
    await tracing.close()
  }
}

/** Runs several replicas as child processes until a signal arrives or this process's own parent is gone. */
export async function runReplicas(
  role: Role,
  count: number,
  flags: Record<string, unknown>,
  options: Options,
): Promise<number> {
  const [{ startReplicas }, { createLogFormat }] = await Promise.all([
    import('../runtime/supervisor/index.ts'),
    import('./log-lines.ts'),
  ])
  const format = createLogFormat(process.stderr.hasColors?.() === true)
  const stop = createStop()
  try {
    const group = await startReplicas({
      bin: programPath(),
      role: role.name,
      count,
      args: (index) => toArguments(withPorts(role, flags, index)),
      logLevel: options.logLevel,
      stopTimeout: (options.drainDelay ?? 0) + options.drainTimeout + STOP_GRACE,
      signal: stop.signal,
      onLog: (line) => process.stderr.write(`${format(line)}\n`),
      onSupervisor: (supervisor) => stop.onKill(() => supervisor.kill()),
    })
    if (!stop.signal.aborted) await stop.requested
    await group.stop()
  } catch (error) {
    if (!(error instanceof AgentctlError && error.code === 'ROLE_STOPPED')) throw error
  } finally {
    stop.release()
  }
  return 0
}

/** Only the first replica can have the port that was asked for; the others take any free one. */
function withPorts(role: Role, flags: Record<string, unknown>, index: number): Record<string, unknown> {
  if (index === 1) return flags
  const usesMetrics = 'metricsPort' in role.options.shape && flags['metrics-port'] !== undefined
  return { ...flags, ...(role.listens ? { port: 0 } : {}), ...(usesMetrics ? { 'metrics-port': 0 } : {}) }
}

function toArguments(flags: Record<string, unknown>): string[] {
  return Object.entries(flags).flatMap(([name, value]) => {
    if (value === undefined) return []
    if (typeof value === 'boolean') return [value ? `--${name}` : `--no-${name}`]
    return [`--${name}`, String(value)]
  })
}

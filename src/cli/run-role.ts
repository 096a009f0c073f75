import { hostRole } from '../runtime/host/index.ts'
import {
  AgentctlError,
  onShutdown,
  type Role,
  replicaIdentity,
  watchParent,
} from '../runtime/kernel/index.ts'
import { createLogger } from '../runtime/platform/log/index.ts'
import { programPath } from './program.ts'

/** Milliseconds beyond its drain timeout after which a replica is killed. */
const STOP_GRACE = 8_000

interface Options {
  drainTimeout: number
  logLevel: string
}

/** Runs a role in this process; resolves with the exit code. */
export async function runRole(role: Role, options: Options): Promise<number> {
  const identity = replicaIdentity(role.name)
  const log = createLogger({ level: options.logLevel, bindings: { role: role.name, replica: identity.name } })
  try {
    return await hostRole({ role, options: { ...options }, ...identity, log })
  } catch (error) {
    // Under a supervisor the log is all there is to read.
    if (process.connected && error instanceof AgentctlError) {
      log.error({ code: error.code, fix: error.fix }, `cannot start: ${error.message}`)
    }
    throw error
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
  const group = startReplicas({
    bin: programPath(),
    role: role.name,
    count,
    args: toArguments(role.listens ? { ...flags, port: '0' } : flags),
    logLevel: options.logLevel,
    stopTimeout: options.drainTimeout + STOP_GRACE,
    onLog: (line) => process.stderr.write(`${format(line)}\n`),
  })
  let release = () => {}
  const stop = new Promise<void>((resolve) => {
    onShutdown(
      process,
      () => resolve(),
      (code) => {
        void group.then((running) => running.kill()).finally(() => process.exit(code))
      },
    )
    release = watchParent(process, resolve)
  })
  const running = await Promise.race([group, stop])
  if (running) await stop
  await (await group).stop()
  release()
  return 0
}

function toArguments(flags: Record<string, unknown>): string[] {
  return Object.entries(flags).flatMap(([name, value]) => {
    if (value === undefined) return []
    if (typeof value === 'boolean') return [value ? `--${name}` : `--no-${name}`]
    return [`--${name}`, String(value)]
  })
}

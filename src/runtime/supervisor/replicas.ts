import { createLogger } from '../platform/log/index.ts'
import { launchRole } from './launchers.ts'
import { createLogBook, type LogLine } from './logs.ts'
import { createSupervisor } from './supervisor.ts'

export interface ReplicasOptions {
  bin: string
  role: string
  count: number
  /** Command line flags of a replica, counted from 1. */
  args(index: number): readonly string[]
  logLevel: string
  /** Milliseconds each replica may take to finish. */
  stopTimeout: number
  /** Ends the start, however far it is. */
  signal: AbortSignal
  onLog(line: LogLine): void
  /** Given what can be killed, before the start is over. */
  onSupervisor(supervisor: { kill(): void }): void
}

export interface ReplicaGroup {
  stop(): Promise<void>
}

/**
 * Runs several replicas of one role, restarted when they crash: what `agentctl worker --replicas 4` does.
 * @throws AgentctlError ROLE_FAILED, ROLE_CRASHES, ROLE_STOPPED
 */
export async function startReplicas(options: ReplicasOptions): Promise<ReplicaGroup> {
  const { bin, role, count, args, stopTimeout } = options
  const logs = createLogBook(0)
  logs.follow(options.onLog)
  const log = createLogger({
    level: options.logLevel,
    bindings: {},
    write: (line) => logs.write(role, line.trimEnd()),
  })
  const spec = {
    role,
    stopTimeout,
    beats: true,
    launch: (name: string, index: number) =>
      launchRole({ bin, role, name, args: args(index), env: {}, logs }),
  }
  const supervisor = createSupervisor({ specs: [spec], log })
  options.onSupervisor(supervisor)
  options.signal.addEventListener('abort', () => void supervisor.stop(), { once: true })
  try {
    await supervisor.scale(role, count)
  } catch (error) {
    await supervisor.stop()
    throw error
  }
  return { stop: () => supervisor.stop() }
}

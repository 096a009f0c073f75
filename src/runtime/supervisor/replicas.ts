import { createLogger } from '../platform/log/index.ts'
import { supervisorError } from './errors.ts'
import { launchRole } from './launchers.ts'
import { createLogBook, type LogLine } from './logs.ts'
import type { StartFailure } from './replica.ts'
import { createSupervisor } from './supervisor.ts'

export interface ReplicasOptions {
  bin: string
  role: string
  count: number
  /** Command line flags of each replica. */
  args: readonly string[]
  logLevel: string
  /** Milliseconds each replica may take to finish. */
  stopTimeout: number
  onLog(line: LogLine): void
}

export interface ReplicaGroup {
  stop(): Promise<void>
  kill(): void
}

/**
 * Runs several replicas of one role, restarted when they crash: what `agentctl worker --replicas 4` does.
 * @throws AgentctlError ROLE_FAILED
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
    launch: (name: string) => launchRole({ bin, role, name, args, env: {}, logs }),
  }
  const supervisor = createSupervisor({ specs: [spec], log })
  try {
    await supervisor.scale(role, count)
  } catch (reason) {
    await supervisor.stop()
    if (reason instanceof Error) throw reason
    const { code, detail, fix } = reason as StartFailure
    throw supervisorError('ROLE_FAILED', `${detail} (${code})`, fix === '' ? {} : { fix })
  }
  return { stop: () => supervisor.stop(), kill: () => supervisor.kill() }
}

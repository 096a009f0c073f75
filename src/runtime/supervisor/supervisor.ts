import type { Logger } from '../kernel/index.ts'
import { supervisorError } from './errors.ts'
import { type Launch, type Replica, type ReplicaSnapshot, startReplica } from './replica.ts'

/** How the replicas of one role are made. */
export interface RoleSpec {
  role: string
  /** @param index 1 for the first replica */
  launch(name: string, index: number): Launch
  stopTimeout: number
  beats: boolean
  /** Others need it until they have ended: it is stopped after them. */
  base?: boolean
}

/** What one replica measures of itself, in the text format of Prometheus; null when it does not say. */
export interface ReplicaMetrics {
  replica: string
  role: string
  text: string | null
}

/** Keeps a changing set of replicas running. */
export interface Supervisor {
  /** Makes a role known that it did not know; it has no replicas yet. */
  define(spec: RoleSpec): void
  /** Stops all replicas of a role and forgets it; resolves when nothing of it is left. */
  withdraw(role: string): Promise<void>
  /** Starts or stops replicas until the role has `count`; resolves when all have settled. */
  scale(role: string, count: number): Promise<void>
  /**
   * Restarts one replica (`worker-1` or `worker/1`), all of a role (`worker`) or everything (`all`).
   * @throws AgentctlError SERVE_TARGET_UNKNOWN
   */
  restart(target: string): string[]
  snapshot(): ReplicaSnapshot[]
  /** Asks all replicas at once; one that does not answer holds up the others for `timeout` milliseconds at most. */
  metrics(timeout: number): Promise<ReplicaMetrics[]>
  /** Stops everything, what others need last. */
  stop(): Promise<void>
  kill(): void
}

export interface SupervisorOptions {
  /** In the order in which they are started. */
  specs: readonly RoleSpec[]
  log: Logger
  onChange?: () => void
}

export function createSupervisor({ specs: first, log, onChange }: SupervisorOptions): Supervisor {
  const specs = [...first]
  const replicas = new Map<string, Replica[]>(specs.map(({ role }) => [role, []]))
  const leaving = new Set<Replica>()
  /** How many there should be, by role. */
  const wanted = new Map<string, number>()
  let stopping = false

  function start(spec: RoleSpec, index: number): Replica {
    const name = `${spec.role}-${index}`
    return startReplica({
      name,
      role: spec.role,
      launch: spec.launch(name, index),
      stopTimeout: spec.stopTimeout,
      beats: spec.beats,
      log,
      ...(onChange === undefined ? {} : { onChange }),
    })
  }

  function all(): Replica[] {
    return [...replicas.values()].flat()
  }

  function find(target: string): Replica[] {
    const name = target.replace('/', '-')
    return all().filter((replica) => target === 'all' || replica.role === name || replica.name === name)
  }

  async function stopRole(role: string): Promise<void> {
    await Promise.all([...(replicas.get(role) ?? []), ...leavingOf(role)].map((replica) => replica.stop()))
  }

  function leavingOf(role: string): Replica[] {
    return [...leaving].filter((replica) => replica.role === role)
  }

  async function dismiss(replica: Replica): Promise<void> {
    leaving.add(replica)
    await replica.stop()
    leaving.delete(replica)
  }

  return {
    define(spec) {
      if (replicas.has(spec.role)) return
      specs.push(spec)
      replicas.set(spec.role, [])
    },
    async withdraw(role) {
      const surplus = replicas.get(role)?.splice(0) ?? []
      onChange?.()
      await Promise.all(surplus.map(dismiss))
      await stopRole(role)
      replicas.delete(role)
      const known = specs.findIndex((spec) => spec.role === role)
      if (known >= 0) specs.splice(known, 1)
    },
    async scale(role, count) {
      const spec = specs.find((candidate) => candidate.role === role)
      const running = replicas.get(role)
      if (!spec || !running)
        throw supervisorError('SERVE_TARGET_UNKNOWN', `"${role}" is not run by this serve`)
      wanted.set(role, count)
      // A successor may need what a leaving replica still holds, such as its port.
      if (running.length < count) await Promise.all(leavingOf(role).map((replica) => replica.stop()))
      // Meanwhile somebody may have asked for another number.
      if (stopping || wanted.get(role) !== count) return
      const started: Replica[] = []
      while (running.length < count) {
        const replica = start(spec, running.length + 1)
        running.push(replica)
        started.push(replica)
      }
      const surplus = running.splice(count)
      onChange?.()
      await Promise.all([...started.map((replica) => replica.settled), ...surplus.map(dismiss)])
    },
    restart(target) {
      const found = find(target)
      if (found.length === 0)
        throw supervisorError('SERVE_TARGET_UNKNOWN', `"${target}" is no role or replica of this serve`)
      for (const replica of found) replica.restart()
      return found.map((replica) => replica.name)
    },
    snapshot: () => all().map((replica) => replica.snapshot()),
    metrics: (timeout) =>
      Promise.all(
        all().map(async (replica) => ({
          replica: replica.name,
          role: replica.role,
          text: await replica.metrics(timeout),
        })),
      ),
    async stop() {
      stopping = true
      for (const base of [false, true]) {
        const roles = specs.filter((spec) => (spec.base ?? false) === base).map(({ role }) => role)
        await Promise.all(roles.map(stopRole))
      }
    },
    kill() {
      stopping = true
      for (const replica of [...all(), ...leaving]) replica.kill()
    },
  }
}

import type { Logger } from '../kernel/index.ts'
import { supervisorError } from './errors.ts'
import { type Renewal, replace } from './replacement.ts'
import { type Launch, type Replica, type ReplicaSnapshot, startReplica } from './replica.ts'
import { isSpared, targetsOf } from './rolling.ts'

/** How the replicas of one role are made. */
export interface RoleSpec {
  role: string
  /** @param index 1 for the first replica */
  launch(name: string, index: number): Launch
  stopTimeout: number
  beats: boolean
  /** Whether two processes of one replica can run at the same time, while one takes the place of the other. */
  overlaps?(name: string): boolean
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
   * Restarts one replica (`worker-1` or `worker/1`), all of a role (`worker`) or of all roles (`all`), at once.
   * @throws AgentctlError SERVE_TARGET_UNKNOWN
   */
  restart(target: string): string[]
  /**
   * Restarts one replica, by its name; resolves when its successor is ready and nothing of it is left. One of a role at a time.
   * @throws AgentctlError RESTART_FAILED
   */
  renew(name: string): Promise<Renewal>
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
  /** Successors that are not ready yet. */
  const arriving = new Set<Replica>()
  /** The last renewal of each role, and those of replicas that have not begun yet: whoever asks for the same has that one. */
  const turns = new Map<string, Promise<Renewal>>()
  const waiting = new Map<string, Promise<Renewal>>()
  let stopping = false

  function start(spec: RoleSpec, index: number, restarts = 0): Replica {
    const name = `${spec.role}-${index}`
    return startReplica({
      name,
      role: spec.role,
      launch: spec.launch(name, index),
      stopTimeout: spec.stopTimeout,
      beats: spec.beats,
      restarts,
      log,
      ...(onChange === undefined ? {} : { onChange }),
    })
  }

  function all(): Replica[] {
    return [...replicas.values()].flat()
  }

  async function stopRole(role: string): Promise<void> {
    const coming = [...arriving].filter((replica) => replica.role === role)
    const here = [...(replicas.get(role) ?? []), ...leavingOf(role), ...coming]
    await Promise.all(here.map((replica) => replica.stop()))
  }

  function leavingOf(role: string): Replica[] {
    return [...leaving].filter((replica) => replica.role === role)
  }

  async function dismiss(replica: Replica, succeeded = false): Promise<void> {
    leaving.add(replica)
    await replica.stop(succeeded)
    leaving.delete(replica)
  }

  async function renewNow(name: string): Promise<Renewal> {
    waiting.delete(name)
    const old = all().find((replica) => replica.name === name)
    const spec = specs.find(({ role }) => role === old?.role)
    const running = replicas.get(old?.role ?? '')
    if (!old || !spec || !running || stopping) return 'left_alone'
    const index = running.indexOf(old) + 1
    return replace({
      ...{ running, old, dismiss },
      wanted: () => !stopping,
      overlap: spec.overlaps?.(old.name) ?? false,
      start: () => start(spec, index, old.snapshot().restarts + 1),
      onArriving: (successor) => arriving.add(successor),
      onArrived: (successor) => arriving.delete(successor),
    })
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
      wanted.delete(role)
      await Promise.all(surplus.map((replica) => dismiss(replica)))
      await stopRole(role)
      replicas.delete(role)
      turns.delete(role)
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
      const inTheWay = leavingOf(role).filter(({ name }) => !spec.overlaps?.(name))
      if (running.length < count) await Promise.all(inTheWay.map((replica) => replica.stop()))
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
      await Promise.all([
        ...started.map((replica) => replica.settled),
        ...surplus.map((replica) => dismiss(replica)),
      ])
    },
    restart(target) {
      const found = targetsOf(all(), target).filter((replica) => !isSpared(target, replica))
      for (const replica of found) replica.restart()
      return found.map((replica) => replica.name)
    },
    renew(name) {
      const coming = waiting.get(name)
      if (coming) return coming
      const role = name.replace(/-\d+$/, '')
      const turn = (turns.get(role) ?? Promise.resolve()).then(
        () => renewNow(name),
        () => renewNow(name),
      )
      turns.set(role, turn)
      waiting.set(name, turn)
      return turn
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
      for (const replica of [...all(), ...leaving, ...arriving]) replica.kill()
    },
  }
}

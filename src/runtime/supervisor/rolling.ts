import { supervisorError } from './errors.ts'
import type { Renewal } from './replacement.ts'
import type { ReplicaSnapshot } from './replica.ts'

/** Names of replicas, by what was done with them. */
export interface Restarted {
  /** Their successors were ready before they left. */
  restarted: string[]
  /** Stopped first, then started. */
  in_place: string[]
  /** Neither: what others need to go on, and what was taken away meanwhile. */
  left_alone: string[]
}

/** Stands for all replicas of all roles. */
export const EVERYTHING = 'all'
/** What all others need: restarted only if it is named. */
const BASES: ReadonlySet<string> = new Set(['redis', 'postgres'])

type Named = Pick<ReplicaSnapshot, 'name' | 'role'>

/**
 * The replicas that a target names: one (`worker-1` or `worker/1`), all of a role (`worker`), or `all`.
 * @throws AgentctlError SERVE_TARGET_UNKNOWN
 */
export function targetsOf<T extends Named>(replicas: readonly T[], target: string): T[] {
  const name = target.replace('/', '-')
  const found = replicas.filter(
    (replica) => target === EVERYTHING || replica.role === name || replica.name === name,
  )
  if (found.length > 0) return found
  throw supervisorError('SERVE_TARGET_UNKNOWN', `"${target}" is no role or replica of this serve`)
}

/** Whether it is a server that roles work with, and no role. */
export const isBase = (role: string): boolean => BASES.has(role)

/** Whether a restart of everything passes it over. */
export function isSpared(target: string, { role }: Named): boolean {
  return target === EVERYTHING && isBase(role)
}

export interface Rollable {
  snapshot(): readonly Named[]
  renew(name: string): Promise<Renewal>
}

/**
 * Restarts one replica after another. What has not come back ends it, so that a version that does not start never takes the
 * place of more than one.
 * @throws AgentctlError SERVE_TARGET_UNKNOWN, RESTART_FAILED
 */
export async function restartRolling(supervisor: Rollable, target: string): Promise<Restarted> {
  const done: Restarted = { restarted: [], in_place: [], left_alone: [] }
  for (const replica of targetsOf(supervisor.snapshot(), target)) {
    const how = isSpared(target, replica) ? 'left_alone' : await supervisor.renew(replica.name)
    done[how].push(replica.name)
  }
  return done
}

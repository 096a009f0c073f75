import { isBase } from '../../supervisor/index.ts'
import type { ReplicaRow } from '../snapshot.ts'
import type { Offer, Target } from '../source.ts'

/** Replicas of one role that a serve keeps at most. */
const MOST = 64

export interface Means {
  readOnly: boolean
  /** What is shown to run. */
  replicas: readonly ReplicaRow[]
}

/** What may be done with something, the harmless first. */
export function offersFor(target: Target, { readOnly, replicas }: Means): Offer[] {
  if (readOnly) return []
  switch (target.kind) {
    case 'replica':
      return runs(replicas, ({ name }) => name === target.name) ? [restart(target.name)] : []
    case 'role':
      return runs(replicas, ({ role }) => role === target.role) ? offersOfRole(target) : []
    case 'letters':
      return [retry(target.type, 'all'), purge(target.type)]
    case 'letter':
      return [retry(target.type, [target.id]), retry(target.type, 'all'), purge(target.type)]
  }
}

/** What only a pool of the balancer knows has been started by somebody else. */
function runs(replicas: readonly ReplicaRow[], is: (row: ReplicaRow) => boolean): boolean {
  return replicas.some((row) => row.state !== null && is(row))
}

function offersOfRole({ role, replicas }: { role: string; replicas: number }): Offer[] {
  const title = replicas === 1 ? `Restart ${role}` : `Restart all ${replicas} of ${role}`
  const offers: Offer[] = [{ title, action: { kind: 'restart', target: role } }]
  // Of what keeps the data there is one.
  if (isBase(role)) return offers
  if (replicas < MOST) offers.push(scale(role, replicas + 1))
  if (replicas > 0) offers.push(scale(role, replicas - 1))
  return offers
}

function restart(target: string): Offer {
  return { title: `Restart ${target}`, action: { kind: 'restart', target } }
}

function scale(role: string, replicas: number): Offer {
  return { title: `Scale ${role} to ${replicas}`, action: { kind: 'scale', role, replicas } }
}

function retry(type: string, ids: readonly string[] | 'all'): Offer {
  const what = ids === 'all' ? `all of ${type}` : `dead letter ${ids[0]}`
  return { title: `Retry ${what}`, action: { kind: 'retry-letters', type, ids } }
}

function purge(type: string): Offer {
  return { title: `Purge all of ${type}`, action: { kind: 'purge-letters', type } }
}

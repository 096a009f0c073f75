import type { ReplicaRow, Snapshot } from '../../../runtime/dashboard/index.ts'
import { type Finding, some } from './finding.ts'
import { whyNot } from './replicas.ts'
import { type RoleSummary, rolesOf } from './roles.ts'
import { breakerTone, stateTone } from './tones.ts'

/** Roles that nobody plays, replicas that are not well, and those that requests are kept from. */
export function findInReplicas(snapshot: Snapshot): Finding[] {
  const { replicas } = snapshot
  const roles = rolesOf(snapshot).filter(({ known, ready }) => known > 0 && ready === 0)
  const broken = replicas.filter(({ state }) => stateTone(state) === 'bad')
  const waiting = replicas.filter(({ state }) => state === 'backoff')
  const refused = replicas.filter(({ pool }) => breakerTone(pool?.breaker) !== undefined)
  return [
    ...some(roles, tellRole, (count) => `${count} more roles have no replica that is ready`),
    ...some(
      broken,
      (row) => tellReplica('bad', row),
      (count) => `${count} more replicas are not well`,
    ),
    ...some(
      waiting,
      (row) => tellReplica('warn', row),
      (count) => `${count} more replicas start again`,
    ),
    ...some(
      refused,
      tellBreaker,
      (count) => `${count} more replicas get no requests: their breakers are open`,
    ),
  ]
}

const STATES: Partial<Record<NonNullable<ReplicaRow['state']>, string>> = {
  crashloop: 'crashes again and again (crashloop)',
  failed: 'has failed and is not started again',
  backoff: 'has ended and waits to be started again',
}

function tellRole({ role, known }: RoleSummary): Finding {
  return { tone: 'bad', what: `No replica of ${role} is ready, of ${known}`, pane: 'replicas' }
}

function tellReplica(tone: Finding['tone'], row: ReplicaRow): Finding {
  const why = whyNot(row)
  const state = row.state === null ? '' : (STATES[row.state] ?? `is ${row.state}`)
  return { tone, what: `${row.name} ${state}${why === '' ? '' : `: ${why}`}`, pane: 'replicas' }
}

function tellBreaker({ name, pool }: ReplicaRow): Finding {
  const tone = breakerTone(pool?.breaker) === 'bad' ? 'bad' : 'warn'
  return { tone, what: `The breaker of ${name} is ${pool?.breaker}`, pane: 'replicas' }
}

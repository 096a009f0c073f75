import type { GroupRow, Snapshot } from '../../../runtime/dashboard/index.ts'
import { age } from '../../format/duration.ts'
import { compact } from '../../format/number.ts'
import { type Finding, some } from './finding.ts'
import { isGrowing, LIMITS, toneOf } from './tones.ts'

/** Groups that nobody reads, that have stopped, or that do not keep up. */
export function findInGroups({ groups }: Snapshot): Finding[] {
  const abandoned = groups.filter((row) => row.no_consumers)
  const others = groups.filter((row) => !row.no_consumers)
  const stuck = others.filter((row) => toneOf(row.oldest_idle_ms, LIMITS.idle) !== undefined)
  const growing = others.filter((row) => isGrowing(row.history))
  const told = new Set(growing)
  const behind = others.filter((row) => toneOf(row.lag, LIMITS.lag) && !told.has(row))
  return [
    ...some(worst(abandoned), tellAbandoned, (count) => `${count} more groups have no consumers`),
    ...some(worst(stuck), tellStuck, (count) => `${count} more groups have entries that nobody finishes`),
    ...some(worst(growing), tellGrowing, (count) => `The lag of ${count} more groups grows`),
    ...some(worst(behind), tellBehind, (count) => `${count} more groups are far behind`),
  ]
}

function tellAbandoned(row: GroupRow): Finding {
  return {
    tone: 'bad',
    what: `${nameOf(row)} has no consumers: lag ${lagOf(row)}, ${compact(row.pending)} pending`,
    pane: 'groups',
  }
}

function tellStuck(row: GroupRow): Finding {
  return {
    tone: toneOf(row.oldest_idle_ms, LIMITS.idle) ?? 'warn',
    what: `${nameOf(row)} is stuck: ${compact(row.pending)} pending, the oldest untouched for ${age(row.oldest_idle_ms)}`,
    pane: 'groups',
  }
}

function tellGrowing(row: GroupRow): Finding {
  return {
    tone: toneOf(row.lag, LIMITS.lag) === 'bad' ? 'bad' : 'warn',
    what: `${nameOf(row)} does not keep up: its lag grows and is ${lagOf(row)}`,
    pane: 'groups',
  }
}

function tellBehind(row: GroupRow): Finding {
  return {
    tone: toneOf(row.lag, LIMITS.lag) ?? 'warn',
    what: `${nameOf(row)} is ${lagOf(row)} entries behind`,
    pane: 'groups',
  }
}

function worst(rows: readonly GroupRow[]): GroupRow[] {
  return rows.toSorted((a, b) => (b.lag ?? 0) + b.pending - (a.lag ?? 0) - a.pending)
}

function nameOf({ stream, group }: GroupRow): string {
  return `Group ${group} of ${stream}`
}

function lagOf({ lag }: GroupRow): string {
  return lag === null ? '?' : compact(lag)
}

import { timeOfId } from '../../inspect/index.ts'
import type { GroupRow, StreamRow } from '../snapshot.ts'
import { inRate, lagOf, outRate, sumOrNull } from './rates.ts'
import type { GroupReading, StreamReading } from './readings.ts'
import { rememberKnown } from './ring.ts'

/** A reading, and when it was taken: monotonic, in milliseconds. */
export interface Timed<T> {
  reading: T
  at: number
}

/** What asking after a group's consumers and pending entries has told. */
export interface GroupDetail {
  alive: number | null
  oldest_idle_ms: number | null
}

export function toGroupRow(
  stream: string,
  before: { row: GroupRow; group: Timed<GroupReading> } | undefined,
  now: Timed<GroupReading>,
  facts: StreamReading | undefined,
  length: number,
): GroupRow {
  const { group, consumers, pending, last_delivered_id } = now.reading
  const lag = lagOf(facts, length, now.reading)
  const rate = before ? outRate(before.group.reading, now.reading, now.at - before.group.at) : null
  return withDetail({
    ...{ stream, group, lag, pending, consumers, last_delivered_id, no_consumers: false, out_rate: rate },
    oldest_idle_ms: before?.row.oldest_idle_ms ?? null,
    alive: before?.row.alive ?? null,
    history: rememberKnown(before?.row.history ?? [], lag),
  })
}

/** Puts right what needs no asking: without consumers none is alive, and without pending entries none is old. */
function withDetail(row: GroupRow): GroupRow {
  if (row.consumers === 0) row.alive = 0
  else if (row.alive !== null) row.alive = Math.min(row.alive, row.consumers)
  if (row.pending === 0) row.oldest_idle_ms = null
  row.no_consumers = row.alive === 0 && (row.pending > 0 || (row.lag ?? 0) > 0)
  return row
}

/** A new row: the old one may be on somebody's screen. */
export function addDetail(row: GroupRow, told: Partial<GroupDetail>): GroupRow {
  return withDetail({ ...row, ...told })
}

export interface StreamSight {
  stream: string
  kind: string
  length: number
  groups: readonly GroupRow[]
  /** The newest reading, and the one before where this one is new. */
  facts: Timed<StreamReading> | undefined
  factsBefore: Timed<StreamReading> | undefined
}

export function toStreamRow(before: StreamRow | undefined, sight: StreamSight): StreamRow {
  const { stream, kind, length, groups, facts, factsBefore } = sight
  const fresh = facts !== undefined && facts !== factsBefore
  const rate =
    fresh && factsBefore
      ? inRate(factsBefore.reading, facts.reading, facts.at - factsBefore.at)
      : fresh
        ? null
        : (before?.in_rate ?? null)
  const last_id = facts?.reading.last_id ?? null
  // Groups that have just been made, or that may not be looked at.
  const unseen = groups.length === 0 ? (facts?.reading.groups ?? 0) : 0
  return {
    ...{ stream, kind, length, groups: groups.length + unseen, last_id },
    in_rate: rate,
    out_rate: groups.length === 0 ? null : sumOrNull(groups.map(({ out_rate }) => out_rate)),
    lag: unseen > 0 ? null : sumOrNull(groups.map(({ lag }) => lag)),
    pending: groups.reduce((sum, { pending }) => sum + pending, 0),
    last_at: timeOfId(last_id),
    history: fresh ? rememberKnown(before?.history ?? [], rate) : (before?.history ?? []),
  }
}

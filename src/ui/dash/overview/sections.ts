import type { LatencyRow, QueueRow, Snapshot, StreamRow } from '../../../runtime/dashboard/index.ts'
import { age, milliseconds } from '../../format/duration.ts'
import { bytes, compact, NONE, percent, rate } from '../../format/number.ts'
import { plain } from '../../format/plain.ts'
import { sparkline } from '../../format/sparkline.ts'
import { boundsOf } from '../panes/autoscale.ts'
import { kindOf } from '../panes/latency.ts'
import { type RoleSummary, readiness, rolesOf } from '../panes/roles.ts'
import { LIMITS, memoryShare, queueTone, toneOf } from '../panes/tones.ts'
import { cell, flow, type Line, nameCell, part } from '../parts.ts'
import type { Room } from './room.ts'
import { LABEL, type Section } from './section.ts'

function trend(
  values: readonly (number | null)[],
  { spark }: Room,
  tone: Line[number]['tone'] = 'accent',
): Line {
  return spark === 0 ? [] : [part('  '), part(sparkline(values, spark), tone)]
}

export function redisSection({ redis }: Snapshot, width: number): Section {
  if (redis === null) return { label: 'Redis', rows: [[part('away', 'bad')]] }
  const share = memoryShare(redis)
  const limit = share === null ? '' : ` of ${bytes(redis.memory_limit)} (${percent(share)})`
  const facts: Line[] = [
    [part(`${plain(redis.version)} ${redis.mode}`)],
    [part(`${bytes(redis.memory)}${limit}`, toneOf(share, LIMITS.memory))],
    [part(`${compact(redis.ops)} commands/s`)],
    [part(`CPU ${percent(redis.cpu)}`, toneOf(redis.cpu, LIMITS.cpu))],
    [part(`PING ${milliseconds(redis.ping_ms)}`, toneOf(redis.ping_ms, LIMITS.ping))],
    [part(`${compact(redis.clients)} clients`)],
    [part(`${compact(redis.keys)} keys`)],
    [part(redis.aof ? 'AOF on' : 'AOF off', redis.aof ? undefined : 'dim')],
    [part(`up ${age(redis.uptime_s * 1000)}`)],
  ]
  return { label: 'Redis', rows: flow(facts, width - LABEL) }
}

export function rolesSection(snapshot: Snapshot, room: Room): Section {
  const roles = rolesOf(snapshot)
  if (roles.length === 0) return none('Roles', 'no replicas are known here')
  return {
    label: 'Roles',
    rows: roles.map((role) => roleRow(role, room)),
    short: flow(
      roles.map((role) => {
        const { text, tone } = readiness(role)
        return [part(`${plain(role.role)} `), part(text.replace(' ready', ''), tone)]
      }),
      room.width - LABEL,
    ),
  }
}

function roleRow(role: RoleSummary, room: Room): Line {
  const { text, tone } = readiness(role)
  const { load, restarts } = role
  return [
    nameCell(plain(role.role), room.name),
    cell(text, 14, 'right', tone),
    cell(load === null ? boundsOf(role.autoscale) : `load ${compact(load)}`, 12, 'right'),
    cell(
      restarts ? `${compact(restarts)} ${restarts === 1 ? 'restart' : 'restarts'}` : '',
      14,
      'right',
      'warn',
    ),
    ...trend(role.history, room),
  ]
}

export function queuesSection({ queues }: Snapshot, room: Room): Section {
  if (queues.length === 0) return none('Queues', 'none')
  return {
    label: 'Queues',
    rows: queues.map((row) => queueRow(row, room)),
    short: flow(
      queues.map((row) => [part(`${plain(row.name)} `), part(waitingOf(row), queueTone(row))]),
      room.width - LABEL,
    ),
  }
}

function queueRow(row: QueueRow, room: Room): Line {
  const { active, failed, delayed } = row
  return [
    nameCell(plain(row.name), room.name),
    cell(waitingOf(row), 14, 'right', queueTone(row)),
    cell(`${compact(active)} active`, 13, 'right', active === 0 ? 'dim' : undefined),
    cell(
      failed > 0 ? `${compact(failed)} failed` : `${compact(delayed)} delayed`,
      13,
      'right',
      failed > 0 ? 'warn' : 'dim',
    ),
    ...trend(row.history, room),
  ]
}

function waitingOf({ waiting }: QueueRow): string {
  return `${compact(waiting)} waiting`
}

/** The busiest first. */
export function streamsSection({ streams }: Snapshot, room: Room, most: number): Section {
  if (streams.length === 0) return none('Streams', 'none have been found yet')
  const busiest = streams
    .map((row) => ({ row, busy: busyness(row) }))
    .sort((a, b) => b.busy - a.busy || b.row.length - a.row.length)
  const rows = busiest.slice(0, most).map(({ row }) => streamRow(row, room))
  const left = streams.length - rows.length
  return { label: 'Streams', rows: left > 0 ? [...rows, [part(`and ${left} more`, 'dim')]] : rows }
}

/** Of the last samples together, so that lines do not change places every second. */
function busyness({ history, in_rate: now }: StreamRow): number {
  const recent = history.slice(-10)
  return recent.length === 0 ? (now ?? 0) : recent.reduce((sum, value) => sum + value, 0) / recent.length
}

function streamRow(row: StreamRow, room: Room): Line {
  const lag = row.groups === 0 ? '' : `lag ${row.lag === null ? '?' : compact(row.lag)}`
  return [
    nameCell(plain(row.stream), room.name),
    cell(rate(row.in_rate), 12, 'right', row.in_rate ? undefined : 'dim'),
    cell(`${compact(row.length)} long`, 14, 'right'),
    cell(lag, 14, 'right', toneOf(row.lag, LIMITS.lag)),
    ...trend(row.history, room),
  ]
}

/** The slowest first. */
export function routesSection({ latencies }: Snapshot, room: Room): Section {
  const slowest = latencies.filter(({ p99_ms }) => p99_ms !== null)
  if (slowest.length === 0) return none('Slowest', 'nothing was measured in the last minute')
  slowest.sort((a, b) => (b.p99_ms ?? 0) - (a.p99_ms ?? 0))
  return { label: 'Slowest', rows: slowest.map((row) => routeRow(row, room)) }
}

function routeRow(row: LatencyRow, room: Room): Line {
  const tone = toneOf(row.p99_ms, LIMITS.latency)
  return [
    nameCell(plain(routeName(row)), room.name),
    cell(`${rate(row.rate)}`, 12, 'right'),
    cell(`p50 ${milliseconds(row.p50_ms)}`, 14, 'right'),
    cell(`p99 ${row.at_least ? '≥' : ''}${milliseconds(row.p99_ms)}`, 14, 'right', tone),
    ...trend(row.history, room, tone ?? 'accent'),
  ]
}

/** Of a route or a stage, with its kind: several may have the same name. */
export function routeName(row: LatencyRow): string {
  const kind = kindOf(row)
  return kind === '' ? row.name : `${row.name} (${kind})`
}

function none(label: string, why: string): Section {
  return { label, rows: [[part(why === '' ? NONE : why, 'dim')]] }
}

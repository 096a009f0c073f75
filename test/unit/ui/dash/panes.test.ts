import { describe, expect, it } from 'vitest'
import type { Snapshot } from '../../../../src/runtime/dashboard/index.ts'
import { notesOf, panes } from '../../../../src/ui/dash/panes/index.ts'
import { textOfLine, widthOfLine } from '../../../../src/ui/dash/parts.ts'
import { listRows } from '../../../../src/ui/dash/rows.ts'
import { tableLines } from '../../../../src/ui/dash/table-lines.ts'
import {
  emptySnapshot,
  exampleAutoscale,
  exampleGroup,
  exampleLatency,
  exampleReplica,
  exampleSnapshot,
  exampleStream,
  hostileSnapshot,
  largeSnapshot,
} from '../../../support/snapshots.ts'

const paneOf = (name: string) => {
  const pane = panes.find((one) => one.name === name)
  if (!pane) throw new Error(`no pane ${name}`)
  return pane
}

/** The lines of a pane, its titles first. */
function draw(name: string, snapshot: Snapshot, width = 120): string[] {
  const pane = paneOf(name)
  const { head, rows } = tableLines(pane.columns, listRows(pane, snapshot, ''), width, { snug: true })
  return [head, ...rows].map((line) => textOfLine(line).trimEnd())
}

/** What a column shows of the first row. */
function cellOf(name: string, column: string, snapshot: Snapshot) {
  const pane = paneOf(name)
  const [row] = pane.rows(snapshot)
  return pane.columns.find(({ id }) => id === column)?.cell(row)
}

describe('the pane of replicas', () => {
  it('says beside a role why it has as many as it has', () => {
    const snapshot = exampleSnapshot({ autoscale: [exampleAutoscale()] })
    const role = draw('replicas', snapshot, 200).find((line) => /^ *worker /.test(line))
    expect(role).toContain('1..8 by itself, 2 now: 3 wait in chat')
  })
})

describe('panes', () => {
  it('are in the order of their tabs', () => {
    expect(panes.map(({ name }) => name)).toEqual(['streams', 'groups', 'replicas', 'latency', 'letters'])
  })

  it.each(panes.map((pane) => [pane.name, pane] as const))('%s has sound columns', (_, pane) => {
    const ids = pane.columns.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toContain(pane.sort?.column)
    expect(pane.columns.some(({ drop }) => drop === 0)).toBe(true)
    for (const { min, max = Number.POSITIVE_INFINITY, title } of pane.columns) {
      expect(min).toBeLessThanOrEqual(max)
      expect(title.length).toBeLessThanOrEqual(Math.max(min, max === Number.POSITIVE_INFINITY ? 99 : max))
    }
    const least = pane.columns.filter(({ drop }) => drop === 0).reduce((sum, { min }) => sum + min + 2, -2)
    expect(least, 'what stays always fits 60 columns').toBeLessThanOrEqual(58)
  })

  it.each(panes.map((pane) => [pane.name, pane] as const))('%s shows hostile data harmlessly', (_, pane) => {
    const snapshot = hostileSnapshot()
    for (const row of pane.rows(snapshot)) {
      for (const column of pane.columns) {
        const { text } = column.cell(row)
        expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
        expect(text.isWellFormed()).toBe(true)
      }
    }
    for (const width of [20, 60, 80, 200]) {
      const { head, rows } = tableLines(pane.columns, pane.rows(snapshot), width)
      for (const line of [head, ...rows]) expect(widthOfLine(line)).toBeLessThanOrEqual(width)
    }
  })

  it.each(panes.map((pane) => [pane.name, pane] as const))('%s tells its rows apart', (_, pane) => {
    const rows = pane.rows(hostileSnapshot())
    expect(new Set(rows.map((row) => pane.key(row))).size).toBe(rows.length)
    expect(pane.rows(emptySnapshot())).toEqual([])
  })

  it('list 5,000 streams and 15,000 groups quickly', { timeout: 60_000 }, () => {
    const snapshot = largeSnapshot(5_000)
    const began = performance.now()
    for (const pane of panes) listRows(pane, snapshot, 'type')
    expect(performance.now() - began).toBeLessThan(20_000)
  })
})

describe('streams', () => {
  it('shows what comes in and what is left', () => {
    expect(draw('streams', exampleSnapshot())).toMatchInlineSnapshot(`
      [
        "STREAM                     KIND    LENGTH  IN/S  OUT/S  LAG  PENDING  LAST  IN/S TREND",
        "agent:stream:task.created  events    1200   3.4    6.8    7        3    1s        ▁▅█▇",
        "quiet                      other        0     0      -    0        3    1s        ▁▅█▇",
        "stream:chat:7              chat     12.3k    48    6.8    7        3    1s        ▁▅█▇",
      ]
    `)
  })

  it('keeps the name and the length where there is little room', () => {
    expect(draw('streams', exampleSnapshot(), 40)).toMatchInlineSnapshot(`
      [
        "STREAM                 LENGTH  IN/S  LAG",
        "agent:…m:task.created    1200   3.4    7",
        "quiet                       0     0    0",
        "stream:chat:7           12.3k    48    7",
      ]
    `)
  })

  it('says that the lag is not known, and colours one that is high', () => {
    const of = (lag: number | null) =>
      cellOf('streams', 'lag', exampleSnapshot({ streams: [exampleStream({ lag })] }))
    expect(of(null)).toEqual({ text: '?', tone: 'dim' })
    expect(of(5)).toEqual({ text: '5' })
    expect(of(20_000)).toEqual({ text: '20.0k', tone: 'warn' })
    expect(of(200_000)).toEqual({ text: '200k', tone: 'bad' })
  })
})

describe('groups', () => {
  const state = (overrides: Parameters<typeof exampleGroup>[0]) =>
    cellOf('groups', 'state', exampleSnapshot({ groups: [exampleGroup(overrides)] }))

  it('has a badge for what needs a look', () => {
    expect(state({ no_consumers: true, lag: 3 })).toEqual({ text: 'NO CONSUMERS', tone: 'bad' })
    expect(state({ oldest_idle_ms: 61_000 })).toEqual({ text: 'STUCK', tone: 'warn' })
    expect(state({ oldest_idle_ms: 700_000 })).toEqual({ text: 'STUCK', tone: 'bad' })
    expect(state({ history: Array.from({ length: 30 }, (_, index) => index * 10) })).toEqual({
      text: 'GROWING',
      tone: 'warn',
    })
    expect(state({ lag: null })).toEqual({ text: 'lag unknown', tone: 'dim' })
    expect(state({ lag: 5_000 })).toEqual({ text: 'BEHIND', tone: 'warn' })
    expect(state({ consumers: 0, alive: 0 })).toEqual({ text: 'idle', tone: 'dim' })
    expect(state({})).toEqual({ text: 'ok', tone: 'good' })
  })

  it('shows lag, pending entries and who lives', () => {
    expect(draw('groups', exampleSnapshot())).toMatchInlineSnapshot(`
      [
        "STREAM                     GROUP    LAG  PENDING  OLDEST  ALIVE  STATE  OUT/S  LAG TREND",
        "agent:stream:task.created  audit      7        3      4s    2/2  ok       3.4       ▁█▁▁",
        "agent:stream:task.created  billing    0        0       -    2/2  ok       3.4       ▁█▁▁",
      ]
    `)
  })

  it('does not mix up groups whose names run together', () => {
    const pane = paneOf('groups')
    const rows = pane.rows(
      exampleSnapshot({
        groups: [exampleGroup({ stream: 'a b', group: 'c' }), exampleGroup({ stream: 'a', group: 'b c' })],
      }),
    )
    expect(pane.key(rows[0])).not.toBe(pane.key(rows[1]))
  })
})

describe('replicas', () => {
  it('lists each role with its replicas below it, in order', () => {
    const replicas = ['worker-10', 'worker-2', 'worker-1'].map((name) => exampleReplica({ name }))
    const snapshot = exampleSnapshot({
      replicas: [
        ...replicas,
        exampleReplica({ name: 'work-1', role: 'work', state: 'failed', failure: 'no port' }),
      ],
    })
    expect(draw('replicas', snapshot)).toMatchInlineSnapshot(`
      [
        "REPLICA      STATE      RESTARTS  LOAD  BREAKER    UP   MEMORY  LOAD TREND  NOTE     PID  URL",
        "work         0/1 ready         0     2                 80.0 MB        ▅██▅",
        "  work-1     failed            0     2  closed   1h1m  80.0 MB        ▅██▅  no port   11  http://127.0.0.1:9001",
        "worker       3/3 ready         0     6                  240 MB        ▅██▅",
        "  worker-1   ready             0     2  closed   1h1m  80.0 MB        ▅██▅            11  http://127.0.0.1:9001",
        "  worker-2   ready             0     2  closed   1h1m  80.0 MB        ▅██▅            11  http://127.0.0.1:9001",
        "  worker-10  ready             0     2  closed   1h1m  80.0 MB        ▅██▅            11  http://127.0.0.1:9001",
      ]
    `)
  })

  it('leads from a role to its replicas, and knows what actions are about', () => {
    const pane = paneOf('replicas')
    const [role, replica] = listRows(pane, exampleSnapshot(), 'worker')
    expect(pane.open?.(role)).toEqual({ kind: 'role', role: 'worker' })
    expect(pane.target?.(role)).toEqual({ kind: 'role', role: 'worker', replicas: 2 })
    expect(pane.open?.(replica)).toEqual({ kind: 'replica', name: 'worker-1' })
    expect(pane.target?.(replica)).toEqual({ kind: 'replica', name: 'worker-1', role: 'worker' })
  })

  it('has roles last when it is sorted by what only replicas have', () => {
    const rows = listRows(paneOf('replicas'), exampleSnapshot(), '', { column: 'restarts', descending: true })
    const [first, ...others] = rows as { of: string }[]
    expect(first).toMatchObject({ of: 'replica', row: { name: 'worker-2' } })
    expect(others.slice(-2).map(({ of }) => of)).toEqual(['role', 'role'])
  })
})

describe('latency', () => {
  it('says where a percentile is only a lower bound', () => {
    const latencies = [exampleLatency({ p95_ms: 9_000, p99_ms: 10_000, at_least: true })]
    const snapshot = exampleSnapshot({ latencies })
    expect(cellOf('latency', 'p99', snapshot)).toEqual({ text: '≥10.0 s', tone: 'bad' })
    expect(cellOf('latency', 'p95', snapshot)).toEqual({ text: '9.00 s', tone: 'warn' })
    expect(cellOf('latency', 'p50', snapshot)).toEqual({ text: '23.4 ms' })
  })

  it('shows the slowest first', () => {
    expect(draw('latency', exampleSnapshot())).toMatchInlineSnapshot(`
      [
        "KIND   NAME         ROLE     RATE/S      P50    P95     P99  P99 TREND",
        "http   POST /query  gateway       5  23.4 ms  95 ms  240 ms         ▇█",
        "stage  encoder      worker        5  23.4 ms  95 ms   12 ms         ▇█",
      ]
    `)
  })
})

describe('notes', () => {
  it('belong to their panes', () => {
    const unknown = [
      { pane: 'logs' as const, what: 'Logs are not known', fix: 'start agentctl serve' },
      { pane: 'latency' as const, what: 'No metrics.', fix: '' },
    ]
    const snapshot = exampleSnapshot({ unknown })
    expect(notesOf(snapshot, 'logs')).toEqual(['Logs are not known. Fix: start agentctl serve'])
    expect(notesOf(snapshot, 'latency')).toEqual(['No metrics.'])
    expect(notesOf(snapshot, 'streams')).toEqual([])
  })

  it('say that streams are still being looked for', () => {
    const discovery = { streams: 2, scanned: 20_000, keys: 1_000_000, complete: false }
    expect(notesOf(exampleSnapshot({ discovery }), 'streams')).toEqual([
      'Still looking for streams: 20.0k of 1.00M keys have been looked at.',
    ])
  })
})

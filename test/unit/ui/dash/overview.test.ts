import { describe, expect, it } from 'vitest'
import type { Snapshot } from '../../../../src/runtime/dashboard/index.ts'
import { allot } from '../../../../src/ui/dash/overview/allot.ts'
import { overviewLines } from '../../../../src/ui/dash/overview/lines.ts'
import { textOfLine, widthOfLine } from '../../../../src/ui/dash/parts.ts'
import {
  emptySnapshot,
  exampleAutoscale,
  exampleGroup,
  exampleLatency,
  exampleQueue,
  exampleReplica,
  exampleSnapshot,
  exampleStream,
  hostileSnapshot,
  largeSnapshot,
} from '../../../support/snapshots.ts'

const draw = (snapshot: Snapshot, width: number, height: number) =>
  overviewLines(snapshot, width, height).map((line) => textOfLine(line).trimEnd())

const troubled = exampleSnapshot({
  groups: [exampleGroup({ no_consumers: true, lag: 34, alive: 0 })],
  replicas: [
    exampleReplica({ state: 'crashloop', failure: 'port 8000 is taken' }),
    exampleReplica({ name: 'worker-2' }),
  ],
  queues: [exampleQueue({ failed: 3 })],
  unknown: [{ pane: 'logs', what: 'Logs are not known', fix: 'start agentctl serve' }],
})

describe('overview', () => {
  it('says that all is well, and how everything is', () => {
    expect(draw(exampleSnapshot(), 80, 20)).toMatchInlineSnapshot(`
      [
        "● All is well",
        "",
        "Redis    7.2.5 standalone   12.4 MB of 512 MB (2.4%)   1234 commands/s",
        "         CPU 4.0%   PING 0.3 ms   14 clients   120 keys   AOF on   up 1d1h",
        "",
        "Roles    gateway                       1/1 ready",
        "         worker                        2/2 ready      load 4     1 restart",
        "",
        "Queues   encoder                       0 waiting     2 active    0 delayed",
        "         eval                          4 waiting     1 active    0 delayed",
        "",
        "Streams  stream:chat:7                    48/s    12.3k long         lag 7",
        "         agent:stream:task.created       3.4/s     1200 long         lag 7",
        "         quiet                             0/s        0 long",
        "",
        "Slowest  POST /query (http)                5/s   p50 23.4 ms    p99 240 ms",
        "         encoder (stage)                   5/s   p50 23.4 ms     p99 12 ms",
      ]
    `)
  })

  it('begins with what is wrong, and where to see more of it', () => {
    expect(draw(troubled, 80, 20)).toMatchInlineSnapshot(`
      [
        "● worker-1 crashes again and again (crashloop): port 8000 is taken  [4]",
        "● Group billing of agent:stream:task.created has no consumers: lag 34, 0 p…  [3]",
        "● 3 failed jobs in queue encoder",
        "",
        "Redis    7.2.5 standalone   12.4 MB of 512 MB (2.4%)   1234 commands/s",
        "         CPU 4.0%   PING 0.3 ms   14 clients   120 keys   AOF on   up 1d1h",
        "",
        "Roles    worker                        1/2 ready      load 4",
        "",
        "Queues   encoder                       0 waiting     2 active     3 failed",
        "",
        "Streams  stream:chat:7                    48/s    12.3k long         lag 7",
        "         agent:stream:task.created       3.4/s     1200 long         lag 7",
        "         quiet                             0/s        0 long",
        "",
        "Slowest  POST /query (http)                5/s   p50 23.4 ms    p99 240 ms",
        "         encoder (stage)                   5/s   p50 23.4 ms     p99 12 ms",
        "",
        "Not known: Logs are not known. Fix: start agentctl serve",
      ]
    `)
  })

  it('is still of use in the smallest terminal', () => {
    expect(draw(troubled, 60, 8)).toMatchInlineSnapshot(`
      [
        "● worker-1 crashes again and again (crashloop): port 8…  [4]",
        "● Group billing of agent:stream:task.created has no co…  [3]",
        "● 3 failed jobs in queue encoder",
        "Redis    7.2.5 standalone   12.4 MB of 512 MB (2.4%)",
        "Roles    worker          1/2 ready      load 4",
        "Queues   encoder         0 waiting     2 active     3 failed",
        "Streams  str…:chat:7        48/s    12.3k long         lag 7",
        "Not known: Logs are not known. Fix: start agentctl serve",
      ]
    `)
  })

  it('shows between which bounds a role scales by itself, unless somebody else decides', () => {
    const replicas = [exampleReplica({ pool: null, history: [] })]
    const rowOf = (active: boolean) =>
      draw(exampleSnapshot({ replicas, autoscale: [exampleAutoscale({ active })] }), 80, 20).find((line) =>
        line.includes('worker'),
      )
    expect(rowOf(true)).toMatch(/worker +1\/1 ready +auto 1\.\.8$/)
    expect(rowOf(false)).toMatch(/worker +1\/1 ready$/)
  })

  it('uses the room of a large one', () => {
    expect(draw(exampleSnapshot(), 180, 40)).toMatchInlineSnapshot(`
      [
        "● All is well",
        "",
        "Redis    7.2.5 standalone   12.4 MB of 512 MB (2.4%)   1234 commands/s   CPU 4.0%   PING 0.3 ms   14 clients   120 keys   AOF on   up 1d1h",
        "",
        "Roles    gateway                       1/1 ready                                   ▅██▅   Streams  stream:chat:7                    48/s    12.3k long         lag 7         ▁▅█▇",
        "         worker                        2/2 ready      load 4     1 restart         ▅██▅            agent:stream:task.created       3.4/s     1200 long         lag 7         ▁▅█▇",
        "                                                                                                   quiet                             0/s        0 long                       ▁▅█▇",
        "Queues   encoder                       0 waiting     2 active    0 delayed         ▁▁█▁",
        "         eval                          4 waiting     1 active    0 delayed         ▁▁█▁   Slowest  POST /query (http)                5/s   p50 23.4 ms    p99 240 ms           ▇█",
        "                                                                                                   encoder (stage)                   5/s   p50 23.4 ms     p99 12 ms           ▇█",
      ]
    `)
  })

  it('gives the lines that a section leaves to the others', () => {
    const replicas = Array.from({ length: 12 }, (_, at) =>
      exampleReplica({ name: `role${at}-1`, role: `role${at}` }),
    )
    const streams = Array.from({ length: 8 }, (_, at) => exampleStream({ stream: `stream:${at}` }))
    const lines = draw(exampleSnapshot({ replicas, streams }), 100, 24)
    expect(lines.filter((line) => line.includes('role'))).toHaveLength(2)
    expect(lines.filter((line) => line.includes('stream:'))).toHaveLength(8)
  })

  it('keeps numbers near to names, and says a name once', () => {
    const latency = exampleLatency({ kind: 'query', name: 'query' })
    const [wide = ''] = draw(exampleSnapshot({ latencies: [latency] }), 160, 40).filter((line) =>
      line.startsWith('Slowest'),
    )
    expect(wide).toMatch(/^Slowest {2}query {10}/)
    expect(wide.indexOf('p50')).toBeLessThan(60)
  })

  it('does not say that all is well when it does not know all', () => {
    const unknown = [{ pane: 'replicas' as const, what: 'No serve runs.', fix: '' }]
    expect(draw(exampleSnapshot({ unknown }), 80, 20)[0]).toBe('● All is well, as far as it is known')
    const away = { redis: null, trouble: { since: exampleSnapshot().at, what: 'Redis is away' } }
    expect(draw(emptySnapshot(away), 80, 20)[0]).toContain('Redis is away')
  })

  it.each([
    [1, 1],
    [30, 3],
    [60, 6],
    [60, 10],
    [80, 24],
    [169, 30],
    [170, 30],
    [200, 60],
    [300, 100],
  ])('fits %i×%i, whatever it shows', (width, height) => {
    for (const snapshot of [exampleSnapshot(), emptySnapshot(), troubled, hostileSnapshot()]) {
      const lines = overviewLines(snapshot, width, height)
      expect(lines.length).toBeLessThanOrEqual(height)
      for (const line of lines) {
        expect(widthOfLine(line)).toBeLessThanOrEqual(width)
        expect(textOfLine(line)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
      }
    }
  })

  it('shows 5,000 streams quickly, the busiest first', { timeout: 60_000 }, () => {
    const snapshot = largeSnapshot(5_000)
    const began = performance.now()
    const lines = draw(snapshot, 120, 40)
    expect(performance.now() - began).toBeLessThan(20_000)
    expect(lines.join('\n')).toMatch(/and 49\d\d more/)
  })
})

describe('sharing out lines', () => {
  it('gives each one first, then what is wanted', () => {
    expect(allot(3, [5, 5, 5, 5])).toEqual([1, 1, 1, 0])
    expect(allot(10, [1, 5, 2])).toEqual([1, 5, 2])
    expect(allot(7, [1, 9, 9])).toEqual([1, 3, 3])
    expect(allot(0, [1])).toEqual([0])
    expect(allot(5, [])).toEqual([])
  })
})

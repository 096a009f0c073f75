import stringWidth from 'string-width'
import { describe, expect, it } from 'vitest'
import { snapshotText } from '../../../../src/ui/dash/text.ts'
import {
  emptySnapshot,
  exampleGroup,
  exampleSnapshot,
  hostileSnapshot,
  largeSnapshot,
} from '../../../support/snapshots.ts'

describe('the dashboard as text', () => {
  it('shows everything, without colours', () => {
    expect(snapshotText(exampleSnapshot(), { width: 100, colors: false })).toMatchInlineSnapshot(`
      "agentctl dash · local · redis://127.0.0.1:6379
      2026-01-02T12:00:00.000Z · serve 1.2.3, process 4242, up 2h0m
      Redis    7.2.5 standalone   12.4 MB of 512 MB (2.4%)   1234 commands/s   CPU 4.0%   PING 0.3 ms
               14 clients   120 keys   AOF on   up 1d1h
      Queues   encoder                      0 waiting     2 active    0 delayed                       ▁▁█▁
               eval                         4 waiting     1 active    0 delayed                       ▁▁█▁

      All is well, as far as it is known.

      Streams (3)
      STREAM                     KIND    LENGTH  IN/S  OUT/S  LAG  PENDING  LAST  IN/S TREND
      agent:stream:task.created  events    1200   3.4    6.8    7        3    1s        ▁▅█▇
      quiet                      other        0     0      -    0        3    1s        ▁▅█▇
      stream:chat:7              chat     12.3k    48    6.8    7        3    1s        ▁▅█▇

      Groups (2)
      STREAM                     GROUP    LAG  PENDING  OLDEST  ALIVE  STATE  OUT/S  LAG TREND
      agent:stream:task.created  audit      7        3      4s    2/2  ok       3.4       ▁█▁▁
      agent:stream:task.created  billing    0        0       -    2/2  ok       3.4       ▁█▁▁

      Replicas (5)
      REPLICA      STATE      RESTARTS  LOAD  BREAKER    UP   MEMORY  LOAD TREND  NOTE  URL
      gateway      1/1 ready         0     -                 80.0 MB        ▅██▅
        gateway-1  ready             0     -  -        1h1m  80.0 MB        ▅██▅        http:…7.0.0.1:8000
      worker       2/2 ready         1     4                  160 MB        ▅██▅
        worker-1   ready             0     2  closed   1h1m  80.0 MB        ▅██▅        http:…7.0.0.1:9001
        worker-2   ready             1     2  closed   1h1m  80.0 MB        ▅██▅        http:…7.0.0.1:9001

      Latency (2)
      KIND   NAME         ROLE     RATE/S      P50    P95     P99  P99 TREND
      http   POST /query  gateway       5  23.4 ms  95 ms  240 ms         ▇█
      stage  encoder      worker        5  23.4 ms  95 ms   12 ms         ▇█

      Dead letters (0)
      No dead letters: every event was handled."
    `)
  })

  it('says what there is none of', () => {
    const text = snapshotText(emptySnapshot(), { width: 80, colors: false })
    for (const part of [
      'no serve runs in this project',
      'No streams have been found yet.',
      'No stream has a consumer group yet.',
      'No replicas are known here.',
      'Nothing was measured in the last minute.',
      'No dead letters',
      'All is well',
    ])
      expect(text).toContain(part)
  })

  it('colours what needs a look', () => {
    const snapshot = exampleSnapshot({ groups: [exampleGroup({ no_consumers: true })] })
    expect(snapshotText(snapshot, { width: 100, colors: true })).toContain('\u001b[31mNO CONSUMERS')
  })

  it('shows one pane alone', () => {
    const text = snapshotText(exampleSnapshot(), { width: 100, colors: false, pane: 'latency' })
    expect(text).toContain('Latency (2)')
    expect(text).not.toContain('Streams (')
    expect(text).not.toContain('All is well')
  })

  it.each([40, 80, 250])('stays within %i cells and is harmless', (width) => {
    const text = snapshotText(hostileSnapshot(), { width, colors: false })
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
    const [first = '', , ...others] = text.split('\n')
    expect(first).toContain('agentctl dash')
    for (const line of others) expect(stringWidth(line)).toBeLessThanOrEqual(width)
  })

  it('writes 5,000 streams and 15,000 groups quickly', { timeout: 60_000 }, () => {
    const began = performance.now()
    const text = snapshotText(largeSnapshot(5_000), { width: 120, colors: false })
    expect(text.split('\n').length).toBeGreaterThan(20_000)
    expect(performance.now() - began).toBeLessThan(30_000)
  })
})

import { describe, expect, it } from 'vitest'
import { findings } from '../../../../src/ui/dash/panes/findings.ts'
import { isGrowing } from '../../../../src/ui/dash/panes/tones.ts'
import {
  emptySnapshot,
  exampleGroup,
  exampleQueue,
  exampleRedis,
  exampleReplica,
  exampleSnapshot,
  SNAPSHOT_AT,
  before as secondsAgo,
} from '../../../support/snapshots.ts'

const told = (overrides: Parameters<typeof exampleSnapshot>[0]) =>
  findings(exampleSnapshot(overrides)).map(({ tone, what, pane }) => `${tone} ${pane}: ${what}`)

describe('findings', () => {
  it('are none while all is well, or there is nothing', () => {
    expect(findings(exampleSnapshot())).toEqual([])
    expect(findings(emptySnapshot())).toEqual([])
  })

  it('begin with what is worst', () => {
    const found = findings(
      exampleSnapshot({
        queues: [exampleQueue({ failed: 1 })],
        groups: [exampleGroup({ no_consumers: true, lag: 3 })],
        dead_letters: [{ type: 'a', count: 1, oldest: SNAPSHOT_AT, newest: SNAPSHOT_AT }],
      }),
    )
    expect(found.map(({ tone }) => tone)).toEqual(['bad', 'warn', 'warn'])
  })

  it('tell that Redis is away, and since when', () => {
    expect(told({ redis: null, trouble: { since: secondsAgo(75), what: 'Redis is away: refused' } })).toEqual(
      ['bad overview: Redis is away: refused, for 1m15s: what is shown is as it was seen last'],
    )
  })

  it('look at Redis', () => {
    expect(told({ redis: exampleRedis({ evicted: 12, eviction: 'allkeys-lru' }) })).toEqual([
      'bad overview: Redis has evicted 12 keys: entries and jobs may be lost (policy allkeys-lru)',
    ])
    expect(told({ redis: exampleRedis({ memory: 95, memory_limit: 100 }) })).toEqual([
      'bad overview: Redis uses 95% of 100 B of memory',
    ])
    expect(told({ redis: exampleRedis({ eviction: 'allkeys-lru' }) })[0]).toMatch(
      /^warn overview: Redis may evict/,
    )
    expect(told({ redis: exampleRedis({ cpu: 0.8, ping_ms: 300 }) })).toEqual([
      'bad overview: Redis answers slowly: a PING took 300 ms',
      'warn overview: Redis is busy: 80% of a core',
    ])
    expect(told({ redis: exampleRedis({ memory_limit: null, cpu: null, eviction: 'allkeys-lru' }) })).toEqual(
      [],
    )
    expect(told({ took_ms: 600 })).toEqual(['warn overview: Looking takes long: the last sample took 600 ms'])
  })

  it('look at groups', () => {
    const growing = Array.from({ length: 30 }, (_, index) => index * 10)
    expect(
      told({
        groups: [
          exampleGroup({ group: 'none', no_consumers: true, lag: null, pending: 4 }),
          exampleGroup({ group: 'stuck', pending: 2, oldest_idle_ms: 120_000 }),
          exampleGroup({ group: 'slow', lag: 290, history: growing }),
          exampleGroup({ group: 'far', lag: 5_000 }),
        ],
      }),
    ).toEqual([
      'bad groups: Group none of agent:stream:task.created has no consumers: lag ?, 4 pending',
      'warn groups: Group stuck of agent:stream:task.created is stuck: 2 pending, the oldest untouched for 2m0s',
      'warn groups: Group slow of agent:stream:task.created does not keep up: its lag grows and is 290',
      'warn groups: Group far of agent:stream:task.created is 5000 entries behind',
    ])
  })

  it('look at replicas', () => {
    expect(
      told({
        replicas: [
          exampleReplica({ state: 'crashloop', last_exit: 'exit code 1' }),
          exampleReplica({
            name: 'gateway-1',
            role: 'gateway',
            state: 'backoff',
            last_exit: 'killed by SIGKILL',
          }),
          exampleReplica({ name: 'gateway-2', role: 'gateway' }),
          exampleReplica({
            name: 'http://a',
            role: 'encoder',
            state: null,
            pool: { pool: 'encoder', load: 0, breaker: 'half-open' },
          }),
        ],
      }),
    ).toEqual([
      'bad replicas: No replica of worker is ready, of 1',
      'bad replicas: worker-1 crashes again and again (crashloop): exit code 1',
      'warn replicas: gateway-1 has ended and waits to be started again: killed by SIGKILL',
      'warn replicas: The breaker of http://a is half-open',
    ])
  })

  it('tell a few of a sort, and how many more there are', () => {
    const groups = Array.from({ length: 10 }, (_, index) =>
      exampleGroup({ group: `g${index}`, no_consumers: true, lag: index }),
    )
    const lines = told({ groups })
    expect(lines).toHaveLength(4)
    expect(lines[0]).toContain('Group g9 of')
    expect(lines[3]).toBe('bad groups: 7 more groups have no consumers')
    expect(told({ groups: groups.slice(0, 4) })).toHaveLength(4)
  })
})

describe('growing', () => {
  const line = (make: (index: number) => number, length = 60) =>
    Array.from({ length }, (_, index) => make(index))

  it('is what rises steadily', () => {
    expect(isGrowing(line((index) => index * 5))).toBe(true)
    expect(isGrowing(line((index) => 1_000 + index * 40))).toBe(true)
  })

  it('is not what stays, falls, comes and goes, or is hardly anything', () => {
    expect(isGrowing(line(() => 5_000))).toBe(false)
    expect(isGrowing(line((index) => 5_000 - index * 50))).toBe(false)
    expect(isGrowing(line((index) => (index % 2) * 100))).toBe(false)
    expect(isGrowing(line((index) => index / 10))).toBe(false)
    expect(isGrowing(line((index) => (index < 55 ? index * 50 : 0)))).toBe(false)
    expect(isGrowing([0, 1_000])).toBe(false)
    expect(isGrowing([])).toBe(false)
  })
})

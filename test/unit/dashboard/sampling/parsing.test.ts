import { describe, expect, it } from 'vitest'
import { createFamilies, toExpression } from '../../../../src/runtime/dashboard/sampling/families.ts'
import { readInfo, type ServerLook, toFacts } from '../../../../src/runtime/dashboard/sampling/info.ts'
import {
  countAlive,
  longestIdle,
  readGroups,
  readStream,
} from '../../../../src/runtime/dashboard/sampling/readings.ts'
import { createRefusals, isHidden } from '../../../../src/runtime/dashboard/sampling/refusals.ts'
import { slotOf } from '../../../../src/runtime/platform/redis/index.ts'
import { probes } from '../../../../src/runtime/probes.ts'

describe('what XINFO answers', () => {
  it('of a stream, of any version', () => {
    const entry = ['5-0', ['data', 'x'.repeat(100)]]
    const common = [
      'length',
      1,
      'groups',
      2,
      'last-generated-id',
      '5-0',
      'first-entry',
      entry,
      'last-entry',
      entry,
    ]
    expect(readStream([...common, 'entries-added', 9])).toEqual({
      ...{ length: 1, added: 9, groups: 2, weight: 208 },
      ...{ first_id: '5-0', last_id: '5-0', last_generated_id: '5-0' },
    })
    expect(readStream(common).added).toBeNull()
    const empty = [
      'length',
      0,
      'groups',
      0,
      'last-generated-id',
      '5-0',
      'first-entry',
      null,
      'last-entry',
      null,
    ]
    expect(readStream(empty)).toMatchObject({ length: 0, first_id: null, last_id: null, weight: 0 })
  })

  it('of groups and consumers', () => {
    const group = ['name', 'g', 'consumers', 2, 'pending', 3, 'last-delivered-id', '4-0']
    expect(readGroups([[...group, 'entries-read', null, 'lag', null], group])).toEqual(
      Array(2).fill({
        ...{ group: 'g', consumers: 2, pending: 3, last_delivered_id: '4-0' },
        ...{ entries_read: null, lag: null },
      }),
    )
    const consumer = (idle: number) => ['name', 'c', 'pending', 0, 'idle', idle, 'inactive', idle]
    expect(countAlive([consumer(10), consumer(59_999), consumer(60_000)], false)).toBe(2)
    // Before Redis 7.2: one that gets nothing may well be asking.
    const old = (idle: number) => consumer(idle).slice(0, 6)
    expect(countAlive([old(10), old(60_000)], false)).toBeNull()
    expect(countAlive([old(10), old(60_000)], true)).toBe(1)
    expect(countAlive([old(10)], false)).toBe(1)
    expect(longestIdle([['1-0', 'c', 5, 1], ['2-0', 'c', 70, 1]])).toBe(70) // biome-ignore format: rows
    expect(longestIdle([])).toBeNull()
  })
})

describe('what INFO answers', () => {
  const text = [
    '# Server',
    'redis_version:7.0.15',
    'run_id:abc',
    'uptime_in_seconds:60',
    'used_memory:1000',
    'maxmemory:0',
    'maxmemory_policy:noeviction',
    'connected_clients:3',
    'instantaneous_ops_per_sec:12',
    'used_cpu_sys:1.5',
    'used_cpu_user:0.5',
    'evicted_keys:0',
    'aof_enabled:1',
    'server_time_usec:1732000000123456',
  ].join('\r\n')
  const look = (name: string, given: Partial<ServerLook> = {}): ServerLook => ({
    ...{ name, at: 1_000, ping_ms: 1, keys: 5, ahead: 0, info: readInfo(text) },
    ...given,
  })

  it('is read, and left out where it was refused', () => {
    expect(readInfo(text)).toEqual({
      ...{ version: '7.0.15', run: 'abc', memory: 1_000, memory_limit: null, clients: 3, ops: 12, cpu: 2 },
      ...{ uptime_s: 60, eviction: 'noeviction', evicted: 0, aof: true },
      time: 1_732_000_000_123.456,
    })
    expect(readInfo('')).toMatchObject({ version: 'unknown', memory: 0, aof: false, time: null })
  })

  it('of several servers is one', () => {
    const limited = { ...readInfo(text), memory_limit: 5_000, uptime_s: 10, aof: false }
    const facts = toFacts([look('a'), look('b', { info: limited, ping_ms: 4 })], new Map(), 'cluster')
    expect(facts).toMatchObject({
      ...{ version: '7.0.15', mode: 'cluster', memory: 2_000, memory_limit: null, clients: 6, keys: 10 },
      ...{ ops: 24, cpu: null, uptime_s: 10, aof: false, ping_ms: 4 },
    })
  })

  it('gives the processor time since the last look, unless the server was started anew', () => {
    const later = look('a', { at: 3_000, info: { ...readInfo(text), cpu: 3 } })
    expect(toFacts([later], new Map([['a', look('a')]]), 'standalone').cpu).toBe(0.5)
    const anew = look('a', { at: 3_000, info: { ...readInfo(text), cpu: 3, run: 'other' } })
    expect(toFacts([anew], new Map([['a', look('a')]]), 'standalone').cpu).toBeNull()
  })
})

describe('families of streams', () => {
  const { kindOf, registries } = createFamilies(probes, false)

  it('are told by the pattern that says most', () => {
    expect(kindOf('agent:stream:task.created')).toBe('events')
    expect(kindOf('agent:stream:response:1')).toBe('responses')
    expect(kindOf('agent:dlq:task.created')).toBe('dead letters')
    expect(kindOf('stream:test:chat-1')).toBe('chat')
    expect(kindOf('eval:output:1')).toBe('output')
    expect(kindOf('somebody:else')).toBe('other')
    expect(kindOf('xagent:stream:task.created')).toBe('other')
  })

  it('know which streams a registered type stands for', () => {
    const streamsOf = (cluster: boolean) =>
      createFamilies(probes, cluster)
        .registries.flatMap((registry) => registry.streamsOf('a.b'))
        .sort()
    expect(registries.map(({ key }) => key)).toEqual(['agent:streams'])
    expect(streamsOf(false)).toEqual(['agent:dlq:a.b', 'agent:stream:a.b'])
    expect(streamsOf(true)).toEqual(['agent:dlq:{agent:stream:a.b}', 'agent:stream:a.b'])
  })

  it.each([
    ['a*', 'a\nb', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['h[ae]llo', 'hello', true],
    ['h[^e]llo', 'hello', false],
    ['a\\*', 'ab', false],
    ['a\\*', 'a*', true],
    ['a.c', 'abc', false],
    ['{a}:$(b)', '{a}:$(b)', true],
  ])('%s matches %j as in Redis: %s', (pattern, key, matches) => {
    expect(toExpression(pattern).test(key)).toBe(matches)
  })
})

describe('slots of a cluster', () => {
  it.each([
    ['foo', 12_182],
    ['{foo}bar', 12_182],
    ['foo{}{bar}', 8_363],
    ['123456789', 12_739],
    ['', 0],
  ])('of %j', (key, slot) => {
    expect(slotOf(key)).toBe(slot)
  })
})

describe('commands that are refused', () => {
  const forbidden = new Error("NOPERM this user has no permissions to run the 'xinfo|consumers' command")

  it('are told of with what to do, and not sent again for a while', () => {
    let now = 0
    const refusals = createRefusals(() => now)
    expect(refusals.allows('consumers')).toBe(true)
    expect(refusals.note('consumers', forbidden)).toBe(true)
    expect(refusals.allows('consumers')).toBe(false)
    expect(refusals.list()).toEqual([
      {
        pane: 'groups',
        what: 'Which consumers are alive: this user of Redis may not run XINFO CONSUMERS',
        fix: 'Allow it with `ACL SETUSER NAME +xinfo|consumers`.',
      },
    ])
    now = 60_000
    expect(refusals.allows('consumers')).toBe(true)
    expect(refusals.list()).toEqual([])
  })

  it('are told apart from keys that may not be read, and from other errors', () => {
    const refusals = createRefusals(() => 0)
    const key = 'NOPERM this user has no permissions to access one of the keys used as arguments'
    expect(isHidden(key)).toBe(true)
    expect(refusals.note('stream', new Error(key))).toBe(false)
    expect(refusals.note('stream', new Error('ERR no such key'))).toBe(false)
    expect(refusals.note('scan', new Error('ERR syntax error'))).toBe(true)
    expect(refusals.list()[0]?.fix).toBe('Use Redis 7.0 or later.')
  })
})

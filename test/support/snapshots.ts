import type {
  AutoscaleRow,
  GroupRow,
  LatencyRow,
  QueueRow,
  RedisFacts,
  ReplicaRow,
  Snapshot,
  StreamRow,
} from '../../src/runtime/dashboard/index.ts'

/** When example snapshots were taken. */
export const SNAPSHOT_AT = '2026-01-02T12:00:00.000Z'

/** ISO 8601, so many seconds before the snapshot. */
export function before(seconds: number): string {
  return new Date(Date.parse(SNAPSHOT_AT) - seconds * 1000).toISOString()
}

/** A system in which all is well. */
export function exampleSnapshot(overrides: Partial<Snapshot> = {}): Snapshot {
  return {
    version: 1,
    at: SNAPSHOT_AT,
    took_ms: 8,
    interval_ms: 1_000,
    context: {
      name: 'local',
      redis: 'redis://127.0.0.1:6379',
      serve: { pid: 4_242, version: '1.2.3', started_at: before(7_200), data: 'kept' },
    },
    redis: exampleRedis(),
    trouble: null,
    streams: [
      exampleStream(),
      exampleStream({ stream: 'stream:chat:7', kind: 'chat', length: 12_345, in_rate: 48.2 }),
      exampleStream({ stream: 'quiet', kind: 'other', length: 0, groups: 0, in_rate: 0, out_rate: null }),
    ],
    groups: [exampleGroup(), exampleGroup({ group: 'audit', lag: 7, pending: 3, oldest_idle_ms: 4_000 })],
    queues: [exampleQueue(), exampleQueue({ name: 'eval', key: 'bull:eval', waiting: 4, active: 1 })],
    replicas: [
      exampleReplica({ name: 'gateway-1', role: 'gateway', url: 'http://127.0.0.1:8000', pool: null }),
      exampleReplica(),
      exampleReplica({ name: 'worker-2', pid: 12, restarts: 1 }),
    ],
    autoscale: [],
    latencies: [
      exampleLatency(),
      exampleLatency({ key: 'stage encoder', kind: 'stage', name: 'encoder', role: 'worker', p99_ms: 12 }),
    ],
    dead_letters: [],
    discovery: { streams: 3, scanned: 120, keys: 120, complete: true },
    unknown: [],
    ...overrides,
  }
}

export function emptySnapshot(overrides: Partial<Snapshot> = {}): Snapshot {
  return exampleSnapshot({
    context: { name: null, redis: 'redis://127.0.0.1:6379', serve: null },
    streams: [],
    groups: [],
    queues: [],
    replicas: [],
    latencies: [],
    ...overrides,
  })
}

export function exampleRedis(overrides: Partial<RedisFacts> = {}): RedisFacts {
  return {
    version: '7.2.5',
    mode: 'standalone',
    memory: 13_000_000,
    memory_limit: 512 * 1024 ** 2,
    clients: 14,
    keys: 120,
    ops: 1_234,
    cpu: 0.04,
    uptime_s: 90_000,
    eviction: 'noeviction',
    evicted: 0,
    aof: true,
    ping_ms: 0.3,
    ...overrides,
  }
}

export function exampleStream(overrides: Partial<StreamRow> = {}): StreamRow {
  return {
    stream: 'agent:stream:task.created',
    kind: 'events',
    length: 1_200,
    groups: 2,
    in_rate: 3.4,
    out_rate: 6.8,
    lag: 7,
    pending: 3,
    last_id: '1767355199000-0',
    last_at: before(1),
    history: [0, 2, 4, 3],
    ...overrides,
  }
}

export function exampleGroup(overrides: Partial<GroupRow> = {}): GroupRow {
  return {
    stream: 'agent:stream:task.created',
    group: 'billing',
    lag: 0,
    pending: 0,
    oldest_idle_ms: null,
    consumers: 2,
    alive: 2,
    no_consumers: false,
    last_delivered_id: '1767355199000-0',
    out_rate: 3.4,
    history: [0, 1, 0, 0],
    ...overrides,
  }
}

export function exampleQueue(overrides: Partial<QueueRow> = {}): QueueRow {
  return {
    name: 'encoder',
    key: 'bull:encoder',
    waiting: 0,
    active: 2,
    delayed: 0,
    failed: 0,
    history: [0, 0, 1, 0],
    ...overrides,
  }
}

export function exampleAutoscale(overrides: Partial<AutoscaleRow> = {}): AutoscaleRow {
  return {
    role: 'worker',
    min: 1,
    max: 8,
    active: true,
    replicas: 2,
    reason: '3 wait in chat, 12 under way: 2 replicas at 10 each suffice',
    looked_at: before(1),
    last: { at: before(75), from: 1, to: 2, reason: '8 wait in chat, 10 under way: 2 replicas at 10 each' },
    ...overrides,
  }
}

export function exampleReplica(overrides: Partial<ReplicaRow> = {}): ReplicaRow {
  return {
    name: 'worker-1',
    role: 'worker',
    state: 'ready',
    pid: 11,
    restarts: 0,
    ready_since: before(3_700),
    rss: 80 * 1024 ** 2,
    url: 'http://127.0.0.1:9001',
    pool: { pool: 'encoder', load: 2, breaker: 'closed' },
    last_exit: null,
    failure: null,
    history: [1, 2, 2, 1],
    ...overrides,
  }
}

export function exampleLatency(overrides: Partial<LatencyRow> = {}): LatencyRow {
  return {
    key: 'http POST /query',
    kind: 'http',
    name: 'POST /query',
    role: 'gateway',
    count: 300,
    rate: 5,
    p50_ms: 23.4,
    p95_ms: 95,
    p99_ms: 240,
    at_least: false,
    history: [null, 200, 240],
    ...overrides,
  }
}

/** Of any thousands: each stream has three groups. */
export function largeSnapshot(streams: number): Snapshot {
  const names = Array.from({ length: streams }, (_, index) => `agent:stream:type.${index}`)
  return exampleSnapshot({
    streams: names.map((stream, index) => exampleStream({ stream, in_rate: index % 97, lag: index % 13 })),
    groups: names.flatMap((stream, index) =>
      ['a', 'b', 'c'].map((group) => exampleGroup({ stream, group, lag: index % 13 })),
    ),
  })
}

/** Names that would do something to a terminal, or take more or fewer cells than characters. */
export const HOSTILE = [
  '\u001b[2J\u001b[1;31mred',
  '\u001b]0;title\u0007',
  '\u009b31mc1',
  'line\nbreak\r\ttab',
  'abc\u202etxt.exe',
  '日本語のストリーム名がとても長い場合でも',
  '👩‍👩‍👧‍👦👩‍👩‍👧‍👦',
  'e\u0301\u0301\u0301\u0301',
  'half \ud83d pair',
  '\u0000\u0008\u007f',
  '',
  'x'.repeat(10_000),
]

/** Every place that data reaches holds a hostile name, and every number that may be missing is. */
export function hostileSnapshot(): Snapshot {
  const each = <T>(make: (name: string) => T) => HOSTILE.map(make)
  const h = HOSTILE[0] as string
  return exampleSnapshot({
    context: { name: h, redis: h, serve: { pid: 1, version: h, started_at: h, data: 'kept' } },
    redis: null,
    trouble: { since: before(12), what: `Redis is away: ${HOSTILE.join(' ')}` },
    streams: each((stream) =>
      exampleStream({
        stream,
        kind: stream,
        in_rate: null,
        out_rate: null,
        lag: null,
        last_id: null,
        last_at: null,
        history: [],
      }),
    ),
    groups: each((group) =>
      exampleGroup({
        stream: group,
        group,
        lag: null,
        oldest_idle_ms: null,
        alive: null,
        out_rate: null,
        no_consumers: true,
        last_delivered_id: group,
        history: [],
      }),
    ),
    queues: each((name) => exampleQueue({ name, key: name, failed: 3, history: [] })),
    replicas: each((name) =>
      exampleReplica({
        name,
        role: name,
        state: null,
        pid: null,
        restarts: null,
        ready_since: null,
        rss: null,
        url: name,
        pool: { pool: name, load: 0, breaker: 'open' },
        last_exit: name,
        failure: name,
        history: [],
      }),
    ),
    latencies: each((name) =>
      exampleLatency({
        key: name,
        kind: name,
        name,
        role: name,
        p50_ms: null,
        p95_ms: null,
        p99_ms: null,
        history: [null],
      }),
    ),
    dead_letters: each((type) => ({ type, count: 3, oldest: type, newest: type })),
    discovery: { streams: 0, scanned: 0, keys: 0, complete: false },
    unknown: each((what) => ({ pane: 'streams' as const, what, fix: what })),
  })
}

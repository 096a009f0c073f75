import type { AutoscaleStatus } from '../autoscale/index.ts'
import type { DeadLetterCount } from '../bus/index.ts'
import type { ReplicaState } from '../supervisor/index.ts'

/**
 * All the dashboard knows at one moment. The screen, `dash --once`, `dash --json` and the tests are fed with it alone. Null means
 * that something is not known; why, is in `unknown`. Times are ISO 8601, durations milliseconds, sizes bytes, rates per second.
 */
export interface Snapshot {
  version: 1
  at: string
  /** Of the sample. */
  took_ms: number
  interval_ms: number
  context: SnapshotContext
  /** Null while Redis is away: what is below is then as it was last seen. */
  redis: RedisFacts | null
  /** Since when what is shown is not current, and why; null while all is well. */
  trouble: Trouble | null
  streams: StreamRow[]
  groups: GroupRow[]
  queues: QueueRow[]
  replicas: ReplicaRow[]
  /** Roles that scale, or have scaled, by themselves. */
  autoscale: AutoscaleRow[]
  latencies: LatencyRow[]
  dead_letters: DeadLetterRow[]
  discovery: Discovery
  unknown: Unknown[]
}

export interface SnapshotContext {
  /** Of the context in use; null when none is. */
  name: string | null
  /** Without its password. */
  redis: string
  /** The serve that runs in this project; null without one. */
  serve: { pid: number; version: string; started_at: string; data: 'kept' | 'ephemeral' | 'external' } | null
}

export interface RedisFacts {
  version: string
  mode: 'standalone' | 'sentinel' | 'cluster'
  /** All of these are sums over the primaries of a cluster. */
  memory: number
  memory_limit: number | null
  clients: number
  keys: number
  /** Commands per second, as Redis counts. */
  ops: number
  /** CPU of the server, from 0 to 1 per core, since the last sample; null in the first. */
  cpu: number | null
  uptime_s: number
  eviction: string
  evicted: number
  aof: boolean
  /** Round trip of a PING. */
  ping_ms: number
}

export interface Trouble {
  since: string
  /** Such as "Redis is away: connect ECONNREFUSED 127.0.0.1:6379". */
  what: string
}

export interface StreamRow {
  stream: string
  /** Such as `events`, `chat`, `responses`, `dead letters`; `other` for those no room knows. */
  kind: string
  length: number
  groups: number
  /** Entries added per second; null until it has been seen twice. */
  in_rate: number | null
  /** Entries delivered per second to all its groups; null without groups, or until seen twice. */
  out_rate: number | null
  /** Of its groups together; null when Redis cannot tell. */
  lag: number | null
  pending: number
  last_id: string | null
  last_at: string | null
  /** Entries added per second in past samples, oldest first, at most HISTORY of them. */
  history: number[]
}

export interface GroupRow {
  stream: string
  group: string
  /** Entries not yet delivered; null when Redis cannot tell. */
  lag: number | null
  pending: number
  /** Longest time since a pending entry was delivered; null when none is pending, or it was not asked yet. */
  oldest_idle_ms: number | null
  consumers: number
  /** Consumers that have asked within the last minute; null when not asked yet, or when Redis cannot tell. */
  alive: number | null
  /** Lag or pending entries, and nobody alive. */
  no_consumers: boolean
  last_delivered_id: string
  out_rate: number | null
  /** Lag in past samples, oldest first. */
  history: number[]
}

export interface QueueRow {
  name: string
  /** `PREFIX:QUEUE` of its keys. */
  key: string
  waiting: number
  active: number
  delayed: number
  failed: number
  /** Waiting jobs in past samples, oldest first. */
  history: number[]
}

export interface ReplicaRow {
  /** Unique: the name under the supervisor, such as `worker-1`, or the URL of one that only a pool of the balancer knows. */
  name: string
  role: string
  /** Null when only Redis knows of it. */
  state: ReplicaState | null
  pid: number | null
  restarts: number | null
  ready_since: string | null
  rss: number | null
  url: string | null
  /** What the balancer knows; null for those that are in no pool. */
  pool: PoolState | null
  last_exit: string | null
  failure: string | null
  /** Load in past samples, oldest first; without a pool, empty. */
  history: number[]
}

export interface PoolState {
  pool: string
  /** Requests under way, of all clients. */
  load: number
  breaker: 'closed' | 'open' | 'half-open' | 'unknown'
}

/** How long something took in the last WINDOW; percentiles are estimates from the buckets of a histogram. */
export interface LatencyRow {
  /** Unique: kind and name. */
  key: string
  kind: string
  /** Such as `POST /query` or `encoder`. */
  name: string
  role: string
  count: number
  rate: number
  p50_ms: number | null
  p95_ms: number | null
  p99_ms: number | null
  /** True where a percentile lies in the last, open bucket: it is at least so much. */
  at_least: boolean
  /** Past p99, oldest first; null where nothing happened. */
  history: (number | null)[]
}

/** How a role is scaled by itself, and why it has as many replicas as it has. */
export type AutoscaleRow = AutoscaleStatus

export type DeadLetterRow = DeadLetterCount

export interface Discovery {
  streams: number
  /** Keys looked at in the scan under way, of how many. */
  scanned: number
  keys: number
  /** Whether all keys have been looked at at least once. */
  complete: boolean
}

/** Something that cannot be known, and what to do about it. */
export interface Unknown {
  pane: PaneName
  what: string
  fix: string
}

export type PaneName = 'overview' | 'streams' | 'groups' | 'replicas' | 'latency' | 'logs' | 'letters'

/** Samples that a history has. */
export const HISTORY = 60

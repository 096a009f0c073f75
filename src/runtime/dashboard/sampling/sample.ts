import type { Logger } from '../../kernel/index.ts'
import type { Probe } from '../../platform/probe/index.ts'
import type { RedisClient } from '../../platform/redis/index.ts'
import type {
  DeadLetterRow,
  Discovery,
  GroupRow,
  PoolState,
  QueueRow,
  RedisFacts,
  StreamRow,
  Unknown,
} from '../snapshot.ts'

/** All parts of a snapshot that Redis alone can tell. */
export interface RedisSample {
  redis: RedisFacts
  streams: StreamRow[]
  groups: GroupRow[]
  queues: QueueRow[]
  pools: PoolReplica[]
  dead_letters: DeadLetterRow[]
  discovery: Discovery
  unknown: Unknown[]
  /** Milliseconds it took, of which most are spent waiting for Redis. */
  took_ms: number
}

/** A replica that is registered in a pool of the balancer. */
export interface PoolReplica {
  url: string
  pool: string
  /** Requests under way, of all clients. */
  load: number
  breaker: PoolState['breaker']
  /** Load in past samples, oldest first. */
  history: number[]
}

export interface Sampler {
  /**
   * Looks at everything once. One sample at a time is the caller's business.
   * @throws AgentctlError REDIS_UNREACHABLE while Redis is away; the next one starts anew
   */
  sample(): Promise<RedisSample>
}

export interface SamplerOptions {
  redis: RedisClient
  probes: readonly Probe[]
  log: Logger
  /** Milliseconds since 1970: this machine's clock, to tell when Redis has another. */
  now?: () => number
  /** Milliseconds of a clock that is never set, for rates. */
  monotonic?: () => number
}

/** How a request to a replica ended. */
export type Outcome =
  | { kind: 'ok' }
  /** The replica's fault: counts for its breaker. */
  | { kind: 'failed' }
  /** It has too much to do: counts as slow, not as broken. */
  | { kind: 'busy' }
  /** Nobody's fault, such as a client that went away, or a request that no replica could answer: teaches nothing. */
  | { kind: 'cancelled' }

/** A slot at a replica. It is given back when its holder dies. */
export interface Lease {
  readonly url: string
  /** Aborted when the replica's heartbeat has stopped while others go on: it hangs, or nobody can reach it. */
  readonly gone?: AbortSignal
  /** Gives the slot back and tells how it went; safe to call twice. Never throws. */
  release(outcome: Outcome): Promise<void>
}

export interface AcquireOptions {
  /** Replicas that were tried already: taken only when there is no other. */
  avoid?: readonly string[]
  signal?: AbortSignal
}

export type ReplicaHealth = 'closed' | 'open' | 'half-open'

export interface ReplicaState {
  url: string
  /** Requests under way, of all clients. */
  load: number
  health: ReplicaHealth
  /** Smoothed latency in milliseconds; 0 while unknown. */
  latency: number
  /** Smoothed share of failures, 0 to 1. */
  errors: number
}

/** Chooses replicas of one pool for all clients of one Redis. */
export interface Balancer {
  /** @throws AgentctlError BALANCER_NO_REPLICA when none is registered, or all are out; REDIS_UNREACHABLE */
  acquire(options?: AcquireOptions): Promise<Lease>
  replicas(): Promise<ReplicaState[]>
  close(): Promise<void>
}

export type PolicyName = 'least-connections' | 'ewma' | 'learned'

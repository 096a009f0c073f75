/** What a room shows of itself on the dashboard. A light description: looking is the dashboard's own work. */
export interface Probe {
  /** The room, such as `chat`. */
  readonly name: string
  readonly streams?: readonly StreamFamily[]
  /** Its queues as they are now; names only, nothing is read from them. */
  queues?(redis: KnownPools): Promise<readonly QueueRef[]>
  /** Pools of the balancer that its services register in. */
  readonly pools?: readonly string[]
  readonly latencies?: readonly LatencySource[]
}

/** What names of queues depend on; a connection to Redis knows it. */
export interface KnownPools {
  readonly isCluster: boolean
  smembers(key: string): Promise<string[]>
}

/** Streams that belong together. */
export interface StreamFamily {
  /** Such as `events` or `chat`. */
  readonly kind: string
  /** Glob pattern of their keys. */
  readonly pattern: string
  /** Key of a set with the names of all that exist, where somebody keeps one: they are then found without a scan. */
  readonly registry?: string
  /** The stream that a name in the registry stands for; the name is its key when left out. */
  keyOf?(name: string, cluster: boolean): string
}

export interface QueueRef {
  /** As people call it: `encoder`, `chat`, `eval`. */
  readonly name: string
  /** Prefix and name of its keys, as BullMQ joins them: `PREFIX:QUEUE:wait`. */
  readonly prefix: string
  readonly queue: string
}

/** A Prometheus histogram of seconds that tells how long something takes. */
export interface LatencySource {
  /** Full name of the metric, without `_bucket`. */
  readonly metric: string
  /** What it measures, such as `http` or `stage`. */
  readonly kind: string
  /** Labels whose values name the row, in this order. */
  readonly labels: readonly string[]
  /** Rows that are left out, by the value of a label: `{ route: ['/health'] }`. */
  readonly except?: Readonly<Record<string, readonly string[]>>
}

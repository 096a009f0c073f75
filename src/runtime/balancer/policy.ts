/** What a replica looked like when it was chosen. */
export interface Sight {
  /** Requests under way, without this one. */
  load: number
  /** Milliseconds, with failures in it. */
  latency: number
  /** Share of failures. */
  errors: number
}

/** What one request under way, one ms of latency, failing always, and both of the first two together cost. */
export type Weights = readonly [load: number, latency: number, errors: number, loadTimesLatency: number]

/** How replicas are chosen: the one that costs least. Latencies have failures in them, as 2 s or more each. */
export interface Policy {
  weights(): Weights
  /** Share of the requests that go to any fit replica, so that what nobody uses is known too. */
  readonly explore: number
  /** Told how a request went that was given to a replica that looked like this. */
  learn?(sight: Sight, took: number): void
}

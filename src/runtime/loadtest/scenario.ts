import type { ScenarioName } from './plan.ts'

/** Something that is measured in milliseconds. The first of a scenario is its latency as a whole. */
export interface Series {
  /** In JSON and thresholds: `latency`, `first_token`. */
  readonly name: string
  /** In reports: "Time to first token". */
  readonly title: string
}

/** How one kind of load is made. Runs in each thread that generates load. */
export interface Scenario {
  readonly name: ScenarioName
  /** What is measured; `latency` first, from when an operation was due until it has ended well. */
  readonly series: readonly Series[]
  /** Numbers that are added up, such as `tokens` or `reconnects`. */
  readonly counters: readonly string[]
  /** @throws AgentctlError when the target cannot be loaded at all */
  open(context: ScenarioContext): Promise<OpenScenario>
}

export interface ScenarioContext {
  /** Base URL. */
  readonly target: string
  readonly options: Readonly<Record<string, unknown>>
  /** Of this thread. */
  readonly connections: number
  readonly seed: number
  /** Milliseconds an operation may take; 0 = no limit. */
  readonly timeout: number
  /** Sent with each request, such as authorization; never part of results. */
  readonly headers: Readonly<Record<string, string>>
}

export interface OpenScenario {
  /** Begins one operation, which calls exactly one of `succeed` and `fail`, later or at once. Never throws. */
  begin(operation: Operation): void
  /** Ends what is under way. */
  close(): Promise<void>
}

/** One operation. Times are of `performance.now()` of the thread. */
export interface Operation {
  /** From 0, over all threads. */
  readonly index: number
  /** When it was due: in a closed loop, when it begins. */
  readonly due: number
  /** Records what is measured besides `latency`, in milliseconds. */
  record(series: string, milliseconds: number): void
  count(counter: string, by: number): void
  /** @param at when it ended; `latency` is counted from `due` until then, service time from when `begin` was called */
  succeed(at: number): void
  /** @param cause groups failures: short, without ids or numbers that differ, such as `HTTP 503 QUERY_NO_REPLICA` or `timeout` */
  fail(cause: string): void
}

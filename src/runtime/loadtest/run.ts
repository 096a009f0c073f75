import { type Collector, createCollector } from './collector.ts'
import { sharedNow, type ThreadReport } from './engine/protocol.ts'
import { type LoadThread, startThreads } from './engine/threads.ts'
import { loadtestError } from './errors.ts'
import type { LoadPlan } from './plan.ts'
import { createProgress } from './progress.ts'
import type { LoadResult, Progress, SeriesResult } from './result.ts'
import type { Scenario, Series } from './scenario.ts'
import { scenarioOf } from './scenarios.ts'
import { seriesOf } from './series.ts'
import { checkThresholds, parseThresholds } from './thresholds.ts'
import { judge } from './validity.ts'

export interface RunOptions {
  /** Sent with each request, and never part of the result. */
  headers: Readonly<Record<string, string>>
  /** Told at most four times a second. */
  onProgress?(progress: Progress): void
  /** Ends measuring early: what was measured until then is the result. */
  signal: AbortSignal
  /** Of agentctl. */
  version: string
  /** Conditions on the result; see `parseThresholds`. */
  thresholds?: readonly string[]
}

/** Milliseconds between two looks at what the threads have counted. */
const LOOK = 250
/** Milliseconds from when all threads are ready until they begin together. */
const HEAD_START = 100
/** Milliseconds that threads have to end when they are told to. */
const STOP = 5_000

/** In an open loop the way from being due to the answer is told in two parts. */
const OF_OPEN_LOOP: readonly Series[] = [
  { name: 'service', title: 'From sending' },
  { name: 'wait', title: 'Waiting to be sent' },
]

/**
 * Runs a load test, in threads of its own: the caller's only waits and sums up. It ends when all operations have ended; those that
 * have no end within their timeout (or ten seconds, where they have none) after the planned time are counted as unfinished.
 * @throws AgentctlError LOADTEST_THRESHOLD_INVALID, LOADTEST_OPTION_INVALID, and what the scenario throws when the target cannot be loaded at all
 */
export async function runLoad(plan: LoadPlan, options: RunOptions): Promise<LoadResult> {
  refuseIdleThreads(plan)
  const scenario = await scenarioOf(plan.scenario)
  const measured = measuredBy(scenario, plan.load)
  const series = measured.map(({ name }) => name)
  const thresholds = parseThresholds(options.thresholds ?? [], { series, counters: scenario.counters })
  const names = { series: [...series, 'lag'], counters: scenario.counters }
  const threads = startThreads(plan, options.headers, names)
  try {
    const collector = createCollector(threads)
    const ended = await conduct(plan, threads, collector, measured, options)
    const result = resultOf(plan, collector, measured, ended, options.version)
    return { ...result, thresholds: checkThresholds(thresholds, result) }
  } finally {
    await Promise.all(threads.map((thread) => thread.close()))
  }
}

/** Each thread has its share of what may be under way: none of them may be left without. */
function refuseIdleThreads({ threads, load: { concurrency } }: LoadPlan): void {
  if (concurrency === null || threads <= concurrency) return
  const detail = `--threads: ${threads} are more than the ${concurrency} requests that may be under way`
  throw loadtestError('LOADTEST_OPTION_INVALID', detail, { field: 'threads' })
}

/** What is measured of a scenario under such load; also what thresholds may be about. */
export function measuredBy(scenario: Scenario, load: LoadPlan['load']): Series[] {
  return [...scenario.series, ...(load.kind === 'open' ? OF_OPEN_LOOP : [])]
}

interface Ended {
  startedAt: Date
  /** Milliseconds of measuring until it was stopped; undefined when it came to its end. */
  stoppedAt: number | undefined
  reports: ThreadReport[]
}

async function conduct(
  plan: LoadPlan,
  threads: readonly LoadThread[],
  collector: Collector,
  measured: readonly Series[],
  { onProgress, signal }: RunOptions,
): Promise<Ended> {
  const ready = await allReady(threads, signal)
  if (!ready) return { startedAt: new Date(), stoppedAt: 0, reports: [] }
  const startAt = sharedNow() + HEAD_START
  const elapsed = (): number => sharedNow() - startAt
  const startedAt = new Date(Date.now() + HEAD_START + plan.warmup)
  const progress = createProgress({ plan, collector, title: measured[0]?.title ?? '', elapsed })
  let stoppedAt: number | undefined
  const giveUp = Promise.withResolvers<never>()
  let late: NodeJS.Timeout | undefined

  const stop = (): void => {
    stoppedAt ??= Math.max(0, elapsed() - plan.warmup)
    for (const thread of threads) thread.stop()
    late = setTimeout(() => giveUp.reject(new Error('the threads that make load do not end')), STOP)
  }
  for (const thread of threads) thread.start(startAt)
  // Each look takes over the seconds that have passed.
  const looking = setInterval(() => {
    const now = progress()
    onProgress?.(now)
  }, LOOK)
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  try {
    const reports = await Promise.race([Promise.all(threads.map(({ done }) => done)), giveUp.promise])
    return { startedAt, stoppedAt, reports }
  } finally {
    clearInterval(looking)
    clearTimeout(late)
    signal.removeEventListener('abort', stop)
  }
}

/** False when it is stopped before: a target that does not answer may keep threads waiting for long. */
async function allReady(threads: readonly LoadThread[], signal: AbortSignal): Promise<boolean> {
  const stopped = Promise.withResolvers<false>()
  const onAbort = (): void => stopped.resolve(false)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    return await Promise.race([
      Promise.all(threads.map(({ ready }) => ready)).then(() => true),
      stopped.promise,
    ])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function resultOf(
  plan: LoadPlan,
  collector: Collector,
  measured: readonly Series[],
  { startedAt, stoppedAt, reports }: Ended,
  version: string,
): LoadResult {
  const { total, succeeded, failed, begun, begunInTime, peak, lastEnd } = collector.totals()
  const elapsed = stoppedAt ?? Math.max(lastEnd, isAllSent(plan.load, total) ? 0 : (plan.load.duration ?? 0))
  const open = plan.load.kind === 'open'
  const lag = collector.series('lag').percentile(0.99)
  const series = seriesResults(measured, collector)
  const strain = {
    achieved: open && total > 0 ? begunInTime / total : 1,
    schedule_lag_ms: Number.isNaN(lag) ? 0 : lag,
    event_loop_ms: worst(reports.map(({ eventLoop }) => eventLoop)),
    cpu: worst(reports.map(({ cpu }) => cpu)),
    peak_in_flight: peak,
  }
  return {
    version: 1,
    agentctl: version,
    started_at: startedAt.toISOString(),
    plan,
    elapsed_ms: elapsed,
    total,
    succeeded,
    failed,
    unfinished: begun - succeeded - failed,
    unsent: total - begun,
    rate: elapsed > 0 ? (succeeded * 1_000) / elapsed : 0,
    errors: collector.errors(),
    series,
    counters: collector.counters(),
    timeline: collector.timeline(elapsed),
    validity: judge(plan, strain, series),
    thresholds: [],
  }
}

/** A closed loop that has sent all its requests does not wait for the rest of its duration. */
function isAllSent(load: LoadPlan['load'], total: number): boolean {
  return load.kind === 'closed' && load.requests !== null && total >= load.requests
}

/** Series without samples are left out, but for the first. */
function seriesResults(measured: readonly Series[], collector: Collector): Record<string, SeriesResult> {
  const all = measured.map(({ name, title }) => [name, seriesOf(title, collector.series(name))] as const)
  return Object.fromEntries(all.filter(([name, { count }]) => name === 'latency' || count > 0))
}

function worst(values: readonly (number | null)[]): number {
  return Math.max(0, ...values.map((value) => value ?? 0))
}

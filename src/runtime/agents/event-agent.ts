import type { CampaignsClient } from '../campaigns/index.ts'
import { AgentctlError, type Logger } from '../kernel/index.ts'
import type { Clock } from '../resilience/index.ts'
import { batchesOf, type EventBatch, type Item } from './batches.ts'
import type { EventReport } from './messages.ts'
import { createTally, type EventProgress, type Reason } from './tally.ts'

export interface EventRunOptions {
  /** The same id with the same events registers nothing twice: a run that was cut short is resumed by running it again. */
  runId: string
  signal?: AbortSignal | undefined
  /** When it must be over, in milliseconds since 1970; what is left then is reported as not tried. */
  deadline?: number | undefined
  /** Told after each batch. */
  onProgress?: ((progress: EventProgress) => void) | undefined
}

/** Registers events, however many. */
export interface EventAgent {
  /**
   * Reads the events as it goes, so that there may be millions of them. What cannot be registered is in the report; the
   * run goes on as long as the service is there.
   * @throws the reason of `signal`, or what reading the events has thrown; what was registered before stays registered
   */
  run(events: AsyncIterable<unknown> | Iterable<unknown>, options: EventRunOptions): Promise<EventReport>
}

export interface EventAgentOptions {
  campaigns: Pick<CampaignsClient, 'registerEvents'>
  clock: Clock
  /** Batches under way at once. */
  concurrency?: number
  /** Events of a batch. */
  batch?: number
  /** Bytes of a batch. */
  batchBytes?: number
  /** Milliseconds for which a batch waits for a service that is away. */
  patience?: number
  /** Batches in a row that may fail as a whole before the rest is not tried (as many as are under way at once). */
  giveUpAfter?: number
  log: Logger
  /** Milliseconds since 1970. */
  now?: () => number
}

export const DEFAULT_CONCURRENCY = 4
export const DEFAULT_BATCH = 500
/** Half of what the service takes unless it is told otherwise. */
const BATCH_BYTES = 4 * 1024 * 1024
const PATIENCE = 30_000

export function createEventAgent(options: EventAgentOptions): EventAgent {
  const { clock, concurrency = DEFAULT_CONCURRENCY } = options

  return {
    async run(events, running) {
      const started = clock.now()
      const run = openRun(events, options, running)
      const workers = Array.from({ length: concurrency }, () => run.work())
      try {
        const failed = (await Promise.allSettled(workers)).find(({ status }) => status === 'rejected')
        if (failed) throw (failed as PromiseRejectedResult).reason
        return {
          run_id: running.runId,
          ...(await run.finish()),
          duration_ms: Math.round(clock.now() - started),
        }
      } finally {
        run.end()
      }
    },
  }
}

function openRun(
  events: AsyncIterable<unknown> | Iterable<unknown>,
  options: EventAgentOptions,
  { runId, signal, deadline = Number.POSITIVE_INFINITY, onProgress }: EventRunOptions,
) {
  const { campaigns, batch: count = DEFAULT_BATCH, batchBytes: bytes = BATCH_BYTES, now = Date.now } = options
  const { patience = PATIENCE, concurrency = DEFAULT_CONCURRENCY, giveUpAfter = concurrency, log } = options
  const tally = createTally()
  const batches = batchesOf(events, { runId, count, bytes })
  const leaving = createLeaving(signal)
  let inRow = 0
  let retries = 0
  let stopped: Reason | undefined
  let broken = false

  /** Whoever gives the events may be slow: that must not keep anybody from leaving. */
  const pull = () => leaving.orLeave(batches.next())

  async function register(items: readonly Item[]): Promise<void> {
    if (items.length === 0) return
    try {
      const call = {
        signal,
        deadline: Math.min(deadline, now() + patience),
        patient: true,
        onRetry: () => {
          retries += 1
        },
      }
      const answer = await campaigns.registerEvents(
        items.map(({ event }) => event),
        call,
      )
      inRow = 0
      tally.take(items, answer)
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      if (!(error instanceof AgentctlError)) throw error
      if (error.status === 413) return tooLarge(items, error)
      refused(items, error)
    }
  }

  /** The service takes less than was thought. */
  async function tooLarge(items: readonly Item[], error: AgentctlError): Promise<void> {
    if (items.length === 1) return tally.fail(items, reasonOf(error))
    const middle = Math.ceil(items.length / 2)
    await register(items.slice(0, middle))
    await register(items.slice(middle))
  }

  function refused(items: readonly Item[], error: AgentctlError): void {
    const reason = reasonOf(error)
    tally.fail(items, reason)
    inRow += 1
    log.warn(
      { run: runId, events: items.length, code: error.code, reason: error.message },
      'a batch has failed',
    )
    // Who is not let in now will not be later.
    if (inRow >= giveUpAfter || error.kind === 'auth') stop(reason.detail, reason.retryable)
  }

  function stop(detail: string, retryable: boolean): void {
    stopped ??= { code: 'AGENT_RUN_STOPPED', detail, retryable }
  }

  async function handle({ items, unsendable }: EventBatch): Promise<void> {
    for (const { why: detail, ...item } of unsendable)
      tally.fail([item], { code: 'CAMPAIGN_EVENT_INVALID', detail, retryable: false })
    await register(items)
    onProgress?.(tally.progress())
  }

  return {
    async work(): Promise<void> {
      try {
        while (!stopped && !broken) {
          signal?.throwIfAborted()
          if (now() >= deadline) return stop('the time for the run was up', true)
          const next = await pull()
          if (next.done) return
          await handle(next.value)
        }
      } catch (error) {
        broken = true
        // Never waited for: whoever gives the events may not answer any more.
        batches.return(undefined).catch(() => {})
        throw error
      }
    },
    async finish() {
      for (let next = await pull(); !next.done; next = await pull())
        tally.skip([...next.value.items, ...next.value.unsendable].sort((a, b) => a.index - b.index))
      const counts = tally.progress()
      onProgress?.(counts)
      return { complete: counts.failed === 0, ...counts, failures: tally.failures(stopped), retries }
    },
    end: leaving.end,
  }
}

function reasonOf(error: AgentctlError): Reason {
  const { code, message: detail, kind, field } = error
  const retryable = error.retryable || kind === 'timeout' || kind === 'bug'
  return { code, detail, retryable, ...(field === undefined ? {} : { field }) }
}

/** Lets go of what is waited for when the signal is aborted. `Promise.race` would keep every result until then. */
function createLeaving(signal: AbortSignal | undefined) {
  const waiting = new Set<(reason: unknown) => void>()
  const leave = () => {
    for (const reject of waiting) reject(signal?.reason)
  }
  signal?.addEventListener('abort', leave, { once: true })
  return {
    orLeave: <T>(work: Promise<T>) =>
      new Promise<T>((resolve, reject) => {
        waiting.add(reject)
        work.then(resolve, reject).finally(() => waiting.delete(reject))
        if (signal?.aborted) reject(signal.reason)
      }),
    end: () => signal?.removeEventListener('abort', leave),
  }
}

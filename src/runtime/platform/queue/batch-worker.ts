import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { AgentctlError, isFatal, type Logger, messageOf, type Span, type Tracer } from '../../kernel/index.ts'
import type { RedisClient } from '../redis/index.ts'
import { carryTrace, enterSpan, passingTracer } from '../tracing/index.ts'
import type { HandOver, ServedQueue } from './batch-job.ts'
import { queueKeys } from './batch-queue.ts'
import { createJobLeases } from './job-leases.ts'
import { createMarkerListener } from './marker-listener.ts'
import { processing } from './spans.ts'
import { createTurns, type Taken } from './turns.ts'

export interface BatchWorkerOptions {
  redis: RedisClient
  /** Prefix of all queues; in a cluster it needs a hash tag. */
  prefix: string
  queues: readonly ServedQueue[]
  /** Milliseconds after which a worker that stopped renewing is held for dead and its jobs move on. */
  lockDuration: number
  /** How many crashes of its worker a job survives. */
  maxCrashes: number
  /** Pause before the second attempt in milliseconds, doubled for each further one, with jitter. */
  backoff: number
  tracer?: Tracer | undefined
  log: Logger
}

export interface BatchWorker {
  /** Jobs under way. */
  readonly running: number
  /** Takes no further jobs and waits for those under way. */
  drain(): Promise<void>
  /** Cuts the jobs under way short; they go back to the heads of their queues. */
  abort(): void
}

interface Held {
  queue: ServedQueue
  id: string
  controller: AbortController
}

/**
 * Serves several queues with one connection for commands and one that waits. Everything that comes together in one turn of
 * the event loop (jobs to hand on, jobs to take, of all queues) is one call of one script, in which a job leaves one queue
 * and enters the next: a crash at any point leaves it in exactly one of them, and costs a repeat at most.
 */
export function openBatchWorker(options: BatchWorkerOptions): BatchWorker {
  const { redis, prefix, queues, lockDuration, maxCrashes, backoff, tracer = passingTracer, log } = options
  const token = randomUUID()
  const held = new Map<string, Held>()
  const underWay = queues.map(() => 0)
  const aborted = new AbortController()
  let stopping = false
  let idle = () => {}

  const turns = createTurns({
    redis,
    prefix,
    served: queues.map(({ name }) => name),
    token,
    lockDuration,
    room: (index) => (stopping ? 0 : (queues[index]?.concurrency ?? 0) - (underWay[index] ?? 0)),
    onTaken: (job) => void work(job),
    // Where there is room after a turn nothing is left to take: what comes next has to be heard of.
    onTurn: () => listener.roomMade(),
    log,
  })
  const listener = createMarkerListener({
    redis,
    markers: queues.map(({ name }) => queueKeys(prefix, name).marker),
    wakeUp: `${prefix}:wake:${token}`,
    hasRoom: (index) => (underWay[index] ?? 0) < (queues[index]?.concurrency ?? 0),
    onMarker: () => turns.request(),
    log,
  })
  const leases = createJobLeases({
    redis,
    prefix,
    queues: queues.map(({ name }) => name),
    token,
    lockDuration,
    held: (queue) => [...held.values()].filter((job) => job.queue.name === queue).map(({ id }) => id),
    onLost: (queue, id) =>
      held.get(`${queue}:${id}`)?.controller.abort(new Error('another worker has taken over')),
    log,
  })

  async function work({ index, id, data, started, crashes }: Taken): Promise<void> {
    const queue = queues[index] as ServedQueue
    const job: Held = { queue, id, controller: new AbortController() }
    const key = `${queue.name}:${id}`
    // Its lock ran out while Redis was away, and this worker has got it once more: the later taking counts.
    held.get(key)?.controller.abort(new Error('taken once more'))
    held.set(key, job)
    underWay[index] = (underWay[index] ?? 0) + 1
    let settled: { next: HandOver } | undefined
    try {
      if (aborted.signal.aborted) job.controller.abort(aborted.signal.reason)
      const parsed = parse(data)
      if (parsed === undefined)
        log.error({ queue: queue.name, job: id }, 'a job without readable data is dropped')
      settled = parsed === undefined ? { next: undefined } : await traced(job, parsed, started, crashes)
    } catch (error) {
      // Its lock runs out, and another worker finds it.
      log.error({ err: error, queue: queue.name, job: id }, 'a job could not be brought to its end')
    }
    underWay[index] = (underWay[index] ?? 1) - 1
    if (held.get(key) === job) {
      held.delete(key)
      if (settled !== undefined) turns.settle(index, id, settled.next)
    }
    if (settled === undefined) turns.request() // there is room now
    if (isIdle()) idle()
  }

  /** In a span, within which the next stage's will be. */
  function traced(job: Held, data: object, started: number, crashes: number) {
    const span = processing(job.queue.name, job.id, data, started)
    return enterSpan(tracer, ...span, (own) => tryOften(own, job, data, started, crashes))
  }

  /** Undefined when the job is no longer this worker's to settle. */
  async function tryOften(span: Span, job: Held, data: object, started: number, crashes: number) {
    const { queue, id } = job
    const { signal } = job.controller
    for (let tries = 1; ; tries++) {
      try {
        if (crashes > maxCrashes) throw new Error(`its worker died ${crashes} times`)
        const last = tries >= queue.attempts
        const next = await queue.process({ id, data, attempt: started + tries - 1, last, signal })
        return { next: next && { ...next, data: carryTrace(next.data) } }
      } catch (error) {
        span.set({ 'agentctl.job.tries': tries })
        if (signal.aborted) return giveBack(job)
        if (crashes > maxCrashes || tries >= queue.attempts || isFinal(error)) {
          span.fail(error)
          await queue.onFailed({ id, data }, error as Error)
          return { next: undefined }
        }
        log.warn({ queue: queue.name, job: id, reason: messageOf(error) }, 'a job failed, trying again')
        await pause(backoff * 2 ** (tries - 1) * (0.5 + Math.random() / 2), undefined, { signal }).catch(
          () => {},
        )
        if (signal.aborted) return giveBack(job)
      }
    }
  }

  /** Unless this worker has got it once more: the lock is that of the later taking then. */
  async function giveBack(job: Held): Promise<undefined> {
    if (held.get(`${job.queue.name}:${job.id}`) === job) await leases.giveBack(job.queue.name, job.id)
  }

  const isIdle = () => underWay.every((jobs) => jobs === 0)

  async function drain(): Promise<void> {
    stopping = true
    await listener.close()
    await turns.quiet() // what is being taken at this moment belongs to the work under way
    if (!isIdle())
      await new Promise<void>((done) => {
        idle = done
      })
    await turns.quiet()
    leases.close()
  }

  let draining: Promise<void> | undefined
  return {
    get running() {
      return held.size
    },
    drain() {
      draining ??= drain()
      return draining
    },
    abort() {
      aborted.abort(new Error('the worker is shutting down'))
      for (const { controller } of held.values()) controller.abort(aborted.signal.reason)
    },
  }
}

function parse(data: string): object | undefined {
  try {
    const value: unknown = JSON.parse(data)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function isFinal(error: unknown): boolean {
  return isFatal(error) || (error instanceof AgentctlError && !error.retryable)
}

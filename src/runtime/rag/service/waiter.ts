import { AgentctlError, type Logger, messageOf } from '../../kernel/index.ts'
import { createBatcher, isCluster, type RedisClient } from '../../platform/redis/index.ts'
import { ragError } from '../errors.ts'
import { completionKey, doneChannel } from '../keys.ts'

/** Waits for the completions of jobs, with one subscription for all of them. */
export interface CompletionWaiter {
  /** Part of the name of the channel on which this waiter hears of its jobs. */
  readonly gateway: string
  /** The completion as it is kept, if there is one. */
  read(job: string): Promise<string | undefined>
  /** @throws AgentctlError RAG_STOPPING once no more is to be waited for */
  wait(job: string, options: WaitOptions): Wait
  /** From now on nothing new is waited for. Resolves when nothing is left, or `givenUp` has resolved. */
  drain(givenUp: Promise<unknown>): Promise<void>
  /** Whoever still waits is told RAG_STOPPING. */
  close(): void
}

export interface Wait {
  /** The completion, or undefined after `timeout` milliseconds. */
  readonly completion: Promise<string | undefined>
  cancel(): void
}

export interface WaitOptions {
  timeout: number
  /** The job was added by somebody else, who alone is woken: look often. */
  foreign?: boolean
  /** Called now and then while there is no completion; an AgentctlError ends the waiting, others are those of a moment. */
  onQuiet?(): Promise<void>
}

export interface CompletionWaiterOptions {
  redis: RedisClient
  subscriber: RedisClient
  /** Unique among all that wait. */
  gateway: string
  log: Logger
}

/** Milliseconds between two looks for a completion whose announcement may have been lost. */
const BACKSTOP = 2_000
const OFTEN = 200
const TICK = 100
/** Completions read in one call, so that none occupies Redis for long. */
const MOST = 100
/** Milliseconds until another gateway, or this one started anew, is likely to be there. */
const RETRY_AFTER = 1_000

interface Waiting {
  job: string
  every: number
  next: number
  until: number
  looking: boolean
  onQuiet: (() => Promise<void>) | undefined
  done(text: string | undefined): void
  failed(error: unknown): void
}

export function createCompletionWaiter(options: CompletionWaiterOptions): CompletionWaiter {
  const { redis, subscriber, gateway, log } = options
  const channel = doneChannel(gateway)
  const waiting = new Map<string, Set<Waiting>>()
  let stopping = false
  const idle = Promise.withResolvers<void>()
  const { add: read } = createBatcher<string, string | null>(
    MOST,
    async (jobs) =>
      isCluster(redis)
        ? Promise.all(jobs.map((job) => redis.get(completionKey(job))))
        : redis.mget(jobs.map(completionKey)),
    setImmediate,
  )
  const timer = setInterval(tick, TICK)

  subscriber.on('message', onMessage)
  subscriber
    .subscribe(channel)
    .catch((error: Error) =>
      log.debug({ reason: error.message }, 'subscribing failed, relying on the backstop'),
    )

  function onMessage(from: string, job: string): void {
    if (from !== channel) return
    for (const item of waiting.get(job) ?? []) void look(item)
  }

  function tick(): void {
    const now = Date.now()
    for (const items of waiting.values()) {
      for (const item of items) {
        if (now >= item.until) void expire(item)
        else if (now >= item.next && !item.looking) void look(item, true)
      }
    }
  }

  async function look(item: Waiting, quiet = false): Promise<void> {
    item.looking = true
    try {
      const text = await read(item.job)
      if (text !== null) return finish(item, () => item.done(text))
      if (quiet) await item.onQuiet?.()
    } catch (error) {
      if (error instanceof AgentctlError) return finish(item, () => item.failed(error))
      log.debug({ reason: messageOf(error), job: item.job }, 'looking for a completion failed, trying again')
    }
    item.looking = false
    item.next = Date.now() + item.every
  }

  /** The last look: an announcement may have been missed. */
  async function expire(item: Waiting): Promise<void> {
    forget(item)
    const text = await read(item.job).catch(() => null)
    item.done(text ?? undefined)
  }

  function finish(item: Waiting, tell: () => void): void {
    forget(item)
    tell()
  }

  function forget(item: Waiting): void {
    const items = waiting.get(item.job)
    items?.delete(item)
    if (items?.size === 0) waiting.delete(item.job)
    if (stopping && waiting.size === 0) idle.resolve()
  }

  return {
    gateway,
    read: async (job) => (await read(job)) ?? undefined,
    wait(job, { timeout, foreign = false, onQuiet }) {
      if (stopping) throw stopped(job)
      const { promise, resolve: done, reject: failed } = Promise.withResolvers<string | undefined>()
      promise.catch(() => {}) // it may be rejected before anybody looks at it
      const now = Date.now()
      const every = foreign ? OFTEN : BACKSTOP
      const times = { every, next: now + every, until: now + timeout }
      const item: Waiting = { job, ...times, looking: false, onQuiet, done, failed }
      const items = waiting.get(job) ?? new Set()
      waiting.set(job, items.add(item))
      return { completion: promise, cancel: () => finish(item, () => done(undefined)) }
    },
    async drain(givenUp) {
      stopping = true
      if (waiting.size > 0) await Promise.race([idle.promise, givenUp])
    },
    close() {
      stopping = true
      clearInterval(timer)
      subscriber.off('message', onMessage)
      if (subscriber.status === 'ready') subscriber.unsubscribe(channel).catch(() => {})
      for (const items of waiting.values()) for (const item of items) item.failed(stopped(item.job))
      waiting.clear()
    },
  }
}

function stopped(job: string) {
  return ragError('RAG_STOPPING', `job ${job} is not waited for any more`, { retryAfter: RETRY_AFTER })
}

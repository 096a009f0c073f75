import { type Logger, messageOf } from '../../kernel/index.ts'
import type { RedisClient } from '../../platform/redis/index.ts'
import { ENDED_CHANNEL } from '../keys.ts'
import { channelOf, type Facts, isTerminal } from '../messages.ts'
import type { Records } from '../records.ts'
import type { Lookup } from './lookup.ts'

export interface Watcher {
  /** An attempt has begun; told at least once for those that last longer than a look. */
  onStarted?(attempt: number): void
  /** It has ended, or is not known any more. Told again with each look, until the watch ends. */
  onEnded(): void
}

/** Tells how evaluations get on, with one subscription for all of them. */
export interface Progress {
  /** The returned function ends the watch. */
  watch(id: string, watcher: Watcher): () => void
  /** Resolves at the end of an evaluation, after `ms` milliseconds, or once `signal` is aborted. */
  untilEnd(id: string, ms: number, signal: AbortSignal): Promise<void>
  readonly watched: number
  /** Whoever waits for an end waits no more. */
  close(): void
}

export interface ProgressOptions {
  subscriber: RedisClient
  records: Pick<Records, 'readState'>
  lookup: Pick<Lookup, 'status'>
  log: Logger
  /** Milliseconds between two looks: a message may be lost. */
  every?: number
}

const STARTED_CHANNEL = channelOf('evaluation.started')

export function createProgress({
  subscriber,
  records,
  lookup,
  log,
  every = 1_000,
}: ProgressOptions): Progress {
  const watchers = new Map<string, Set<Watcher>>()
  const closed = new AbortController()
  let looking = false
  const timer = setInterval(() => void look(), every)

  subscriber.on('message', onMessage)
  subscriber
    .subscribe(ENDED_CHANNEL, STARTED_CHANNEL)
    .catch((error: Error) => log.debug({ reason: error.message }, 'subscribing failed, looking instead'))

  function onMessage(channel: string, message: string): void {
    if (watchers.size === 0) return
    if (channel === ENDED_CHANNEL) tell(message, (watcher) => watcher.onEnded())
    if (channel === STARTED_CHANNEL) onStarted(message)
  }

  function onStarted(message: string): void {
    try {
      const { eval_id, attempts = 1 } = JSON.parse(message) as Partial<Facts>
      if (eval_id !== undefined) tell(eval_id, (watcher) => watcher.onStarted?.(attempts))
    } catch {
      // Not one of ours: anybody may publish.
    }
  }

  function tell(id: string, what: (watcher: Watcher) => void): void {
    for (const watcher of [...(watchers.get(id) ?? [])]) what(watcher)
  }

  async function look(): Promise<void> {
    if (looking || watchers.size === 0) return
    looking = true
    await Promise.all([...watchers.keys()].map(lookAt))
    looking = false
  }

  async function lookAt(id: string): Promise<void> {
    try {
      const state = await records.readState(id)
      const status = state?.status ?? (await lookup.status(id))
      if (status === undefined || isTerminal(status)) tell(id, (watcher) => watcher.onEnded())
      else if (status === 'running') tell(id, (watcher) => watcher.onStarted?.(state?.attempts ?? 1))
    } catch (error) {
      log.debug({ eval_id: id, reason: messageOf(error) }, 'looking after an evaluation failed, trying again')
    }
  }

  function watch(id: string, watcher: Watcher): () => void {
    const those = watchers.get(id) ?? new Set()
    watchers.set(id, those.add(watcher))
    return () => {
      those.delete(watcher)
      if (those.size === 0 && watchers.get(id) === those) watchers.delete(id)
    }
  }

  return {
    watch,
    get watched() {
      return watchers.size
    },
    async untilEnd(id, ms, signal) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const over = AbortSignal.any([signal, closed.signal])
      const unwatch = watch(id, { onEnded: resolve })
      const timer = setTimeout(resolve, ms)
      over.addEventListener('abort', () => resolve(), { once: true })
      if (over.aborted) resolve()
      await promise
      clearTimeout(timer)
      unwatch()
    },
    close() {
      clearInterval(timer)
      subscriber.off('message', onMessage)
      if (subscriber.status === 'ready')
        subscriber.unsubscribe(ENDED_CHANNEL, STARTED_CHANNEL).catch(() => {})
      closed.abort()
      watchers.clear()
    },
  }
}

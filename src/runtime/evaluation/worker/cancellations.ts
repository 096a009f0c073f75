import { type Logger, messageOf } from '../../kernel/index.ts'
import type { RedisClient } from '../../platform/redis/index.ts'
import { CANCEL_CHANNEL } from '../keys.ts'

/** Tells evaluations under way that they are not wanted any more. */
export interface Cancellations {
  /** `signal` is aborted once somebody wants the evaluation cancelled; `close` ends the watch. */
  watch(id: string): { readonly signal: AbortSignal; close(): void }
  close(): void
}

export interface CancellationsOptions {
  /** For SUBSCRIBE only. */
  subscriber: RedisClient
  /** Which of these are to be cancelled: for what was published while nobody listened. */
  requested(ids: string[]): Promise<readonly string[]>
  /** Milliseconds between two looks. */
  interval?: number
  log: Logger
}

/** The reason of signals of cancelled evaluations. */
export class Cancelled extends Error {
  constructor() {
    super('somebody has cancelled the evaluation')
  }
}

const INTERVAL = 1_000

export function createCancellations(options: CancellationsOptions): Cancellations {
  const { subscriber, requested, interval = INTERVAL, log } = options
  /** Usually one for each id; two when this process has got back a job that it had lost. */
  const watched = new Map<string, Set<AbortController>>()
  let looking = false

  function cancel(id: string): void {
    for (const controller of watched.get(id) ?? []) controller.abort(new Cancelled())
  }

  async function look(): Promise<void> {
    const ids = [...watched.keys()]
    if (looking || ids.length === 0) return
    looking = true
    try {
      for (const id of await requested(ids)) cancel(id)
    } catch (error) {
      log.debug({ reason: messageOf(error) }, 'looking for cancellations failed, trying again')
    }
    looking = false
  }

  const onMessage = (channel: string, id: string) => {
    if (channel === CANCEL_CHANNEL) cancel(id)
  }
  subscriber.on('message', onMessage)
  // The driver subscribes again by itself when the connection is made anew.
  subscriber.subscribe(CANCEL_CHANNEL).catch((error: Error) => {
    log.debug({ reason: error.message }, 'cancellations are not heard of at once')
  })
  const timer = setInterval(() => void look(), interval)

  return {
    watch(id) {
      const controller = new AbortController()
      const own = watched.get(id) ?? new Set()
      watched.set(id, own.add(controller))
      return {
        signal: controller.signal,
        close() {
          own.delete(controller)
          if (own.size === 0) watched.delete(id)
        },
      }
    },
    close() {
      clearInterval(timer)
      subscriber.off('message', onMessage)
    },
  }
}

import type { FeatureActivity } from '../chat/index.ts'
import { type Logger, messageOf } from '../kernel/index.ts'
import { type Clock, sleep } from '../resilience/index.ts'
import type { FeatureBackend } from './backend.ts'
import type { Term } from './election/term.ts'
import { createKeyedQueue } from './keyed-queue.ts'
import type { OrchestratorMetrics } from './metrics.ts'
import { createReconcile } from './reconcile.ts'
import type { FeatureStore } from './store.ts'

export interface LeadOptions {
  store: FeatureStore
  backend: FeatureBackend
  activity: FeatureActivity
  /** Calls `onChange` with each feature of which something else is wanted, until the returned function is called. */
  followWishes(onChange: (feature: string) => void): () => void
  /** Milliseconds after which everything is looked at, whether or not anything has happened. */
  resync: number
  metrics: OrchestratorMetrics
  clock: Clock
  /** Milliseconds since 1970. */
  now?: () => number
  /** Between 0 and 1. */
  random?: () => number
  log: Logger
}

/** Features that are looked after at once. */
const PARALLEL = 4
/** Milliseconds before a failure is tried again: the first pause, and the longest. */
const [BASE, CAP] = [500, 60_000]

/** Looks after all features for as long as the term lasts. */
export function createLead(options: LeadOptions): (term: Term) => Promise<void> {
  const { store, backend, activity, followWishes, resync, metrics, clock, log } = options
  const { now = Date.now, random = Math.random } = options

  return async (term) => {
    const reconcile = createReconcile({
      ...{ store, backend, activity, term, resync, now, log },
      onStep: (_feature, step) => metrics.done(step.act),
    })
    const queue = createKeyedQueue({
      ...{ parallel: PARALLEL, base: BASE, cap: CAP, clock, random },
      work: (feature) => metrics.time(() => reconcile(feature)),
      onFailure(feature, error, pause) {
        if (term.signal.aborted) return
        metrics.done('error')
        const again_in_ms = Math.round(pause)
        log.warn({ feature, reason: messageOf(error), again_in_ms }, 'a feature is not as wanted')
      },
    })

    /** Everything that is wanted and everything that is there. */
    async function lookAtAll(): Promise<void> {
      const [wanted, found] = await Promise.all([store.all(), backend.list(term.signal)])
      for (const feature of new Set([...wanted.map((record) => record.feature), ...found])) queue.add(feature)
    }

    async function keepLooking(): Promise<void> {
      for (let failures = 0; !term.signal.aborted; ) {
        const pause = await lookAtAll().then(
          () => resync * (0.9 + random() / 5),
          (error) => {
            if (!term.signal.aborted) log.warn({ reason: messageOf(error) }, 'the features cannot be listed')
            return Math.min(resync, BASE * 2 ** Math.min(failures, 20)) * (0.5 + random() / 2)
          },
        )
        failures = pause < resync / 2 ? failures + 1 : 0
        await sleep(clock, pause, term.signal).catch(() => {})
      }
    }

    const unfollow = followWishes((feature) => queue.add(feature))
    const watching = backend.watch((feature) => {
      if (feature !== undefined) queue.add(feature)
      else
        lookAtAll().catch((error) => log.debug({ reason: messageOf(error) }, 'the features cannot be listed'))
    }, term.signal)
    try {
      await Promise.all([keepLooking(), watching])
    } finally {
      unfollow()
      await queue.close()
    }
  }
}

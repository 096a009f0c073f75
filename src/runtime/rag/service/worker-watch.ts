import { ragError } from '../errors.ts'
import type { Presence } from '../presence.ts'

/** Whether anybody is there for what clients wait for. */
export interface WorkerWatch {
  /**
   * To be called now and then while somebody waits; looks at most once a second, however many do.
   * @param needed the stages that matter; all, if nothing is said
   * @throws AgentctlError RAG_NO_WORKER once one of them has had no worker for the time that is allowed
   */
  check(needed?: readonly string[]): Promise<void>
}

export interface WorkerWatchOptions {
  presence: Presence
  stages: readonly string[]
  /** Milliseconds. */
  workerWait: number
  now?: () => number
}

const LOOK_EVERY = 1_000
/** Milliseconds between two looks after which the one before says nothing about the time between. */
const STALE = 10_000

export function createWorkerWatch(options: WorkerWatchOptions): WorkerWatch {
  const { presence, stages, workerWait, now = Date.now } = options
  const missingSince = new Map<string, number>()
  let lookedAt = Number.NEGATIVE_INFINITY

  async function look(): Promise<void> {
    const at = now()
    if (at - lookedAt > STALE) missingSince.clear()
    lookedAt = at
    const missing = await presence.missing(stages)
    for (const stage of stages) {
      if (!missing.includes(stage)) missingSince.delete(stage)
      else if (!missingSince.has(stage)) missingSince.set(stage, at)
    }
  }

  return {
    async check(needed = stages) {
      if (now() - lookedAt >= LOOK_EVERY) await look()
      for (const [stage, since] of missingSince) {
        if (!needed.includes(stage) || now() - since < workerWait) continue
        throw ragError(
          'RAG_NO_WORKER',
          `no worker of the ${stage} stage has been there for ${workerWait / 1_000} s`,
        )
      }
    },
  }
}

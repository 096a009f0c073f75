import { type Logger, withDeadline } from '../../kernel/index.ts'
import type { QueueWorker } from './worker.ts'

export interface StopWorkerOptions {
  /** Milliseconds for the jobs under way to finish. */
  drainTimeout: number
  /** What they are, for messages: `chats`. */
  jobs: string
  log: Logger
}

/** Milliseconds for what only Redis can be told, and it may be away. */
const LAST_WORDS = 1_000

/** Lets a worker finish what is under way; what takes too long is handed to another worker. Never rejects. */
export async function stopWorker(
  worker: QueueWorker,
  { drainTimeout, jobs, log }: StopWorkerOptions,
): Promise<void> {
  const drained = worker.drain()
  try {
    await withDeadline(drained, drainTimeout, `finishing ${worker.running} ${jobs}`)
  } catch {
    log.warn({ jobs: worker.running }, `drain timeout: handing the ${jobs} under way to another worker`)
    worker.abort()
    await withDeadline(drained, LAST_WORDS, 'handing jobs back').catch(() =>
      log.warn(`Redis is away: the ${jobs} under way are found by another worker when their locks run out`),
    )
  }
}

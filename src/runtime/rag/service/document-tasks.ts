import { openCompletion } from '../completion.ts'
import { ragError } from '../errors.ts'
import { type DocumentsTask, newJobId } from '../jobs.ts'
import type { RagQueues } from '../queues.ts'
import { encoderStage } from '../stages/encoder.ts'
import type { CompletionWaiter } from './waiter.ts'
import type { WorkerWatch } from './worker-watch.ts'

/** Has something done to the documents, by a worker of the encoder stage: it alone has encoder and store. */
export interface DocumentTasks {
  /**
   * @param timeout milliseconds to wait; what is to be stored or removed is kept for ten minutes
   * @throws AgentctlError RAG_TIMEOUT, RAG_NO_WORKER, RAG_DOCUMENT_UNKNOWN, or what it has failed with
   */
  run<T>(task: DocumentsTask, timeout: number): Promise<T>
}

export interface DocumentTasksOptions {
  queues: RagQueues
  waiter: CompletionWaiter
  workers: WorkerWatch
}

/** The stage whose workers do it. */
const SERVED_BY = [encoderStage.name]
/** Milliseconds after which documents are given up that nobody has stored. */
const KEEP_TRYING = 600_000

export function createDocumentTasks({ queues, waiter, workers }: DocumentTasksOptions): DocumentTasks {
  return {
    async run<T>(task: DocumentsTask, timeout: number): Promise<T> {
      const id = newJobId()
      const now = Date.now()
      // What somebody only looks at is worth nothing later; what is to be stored is.
      const deadline = now + (task.op === 'add' || task.op === 'remove' ? KEEP_TRYING : timeout)
      const waiting = waiter.wait(id, { timeout, onQuiet: () => workers.check(SERVED_BY) })
      try {
        await queues.documents.add(id, { gateway: waiter.gateway, accepted_at: now, deadline, task })
      } catch (error) {
        waiting.cancel()
        throw error
      }
      const text = await waiting.completion
      if (text !== undefined) return openCompletion<{ result: T }>(text).result
      throw ragError(
        'RAG_TIMEOUT',
        `not done within ${timeout} ms; it goes on for ${KEEP_TRYING / 60_000} minutes`,
      )
    },
  }
}

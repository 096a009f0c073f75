import type { ChatBackend } from '../../chat/index.ts'
import type { EncoderJob } from '../jobs.ts'
import type { QueryBody } from '../messages.ts'
import type { RagQueues } from '../queues.ts'

/** What the run of a streamed query answers: kept in its chat, so that its job can be made anew from there. */
export interface StreamedQuery {
  body: QueryBody
  accepted_at: number
  deadline: number
}

export interface RagBackendOptions {
  queues: RagQueues
  gateway: string
  isAlive(): Promise<boolean>
}

/** Streams answers over chats: their jobs go to the queues of the pipeline. */
export function createRagBackend({ queues, gateway, isAlive }: RagBackendOptions): ChatBackend {
  return {
    isAlive,
    async add({ chat_id, run, input }) {
      const { body, accepted_at, deadline } = input.query as StreamedQuery
      const job: EncoderJob = { gateway, accepted_at, deadline, run, chat: chat_id, body }
      await queues.queries.add(run, job)
    },
    async state(run) {
      const status = await queues.status(run)
      if (status === undefined) return 'unknown'
      return status === 'queued' ? 'waiting' : 'active'
    },
    remove: (run) => queues.remove(run),
  }
}

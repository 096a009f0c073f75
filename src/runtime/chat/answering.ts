import { type AgentctlError, type Logger, toProblem } from '../kernel/index.ts'
import type { RedisClient } from '../platform/redis/index.ts'
import { answer } from './answer.ts'
import type { ChatHandler } from './handler.ts'
import type { RunInput } from './messages.ts'
import { createTranscript } from './transcript.ts'

/** Answers chats whose jobs come from queues of another room. */
export interface ChatAnswering {
  /**
   * Runs the handler and writes what it yields to the chat's stream, as for any other chat: see `answer` in answer.ts.
   * @throws to have the job tried again, or a FatalError when the chat has ended with an error
   */
  answer(job: ForeignJob, handler: ChatHandler): Promise<void>
  /** Ends a run before it came to its handler. A no-op when it has ended already. */
  end(chat: { chat: string; run: string }, error: AgentctlError): Promise<void>
}

export interface ForeignJob {
  id: string
  chat: string
  run: string
  input: RunInput
  attempt: number
  last: boolean
  signal: AbortSignal
}

export interface ChatAnsweringOptions {
  redis: RedisClient
  feature: string
  /** Named in every message. */
  name: string
  /** Milliseconds. */
  streamTtl: number
  /** Milliseconds one attempt may take at most. */
  timeout: number
  log: Logger
}

export function openChatAnswering(options: ChatAnsweringOptions): ChatAnswering {
  const { redis, feature, name, streamTtl, timeout, log } = options
  const transcript = createTranscript(redis, streamTtl)
  const common = { transcript, containerId: name, containerFeatureId: feature, timeout, log }
  return {
    answer({ id, chat, run, input, attempt, last, signal }, handler) {
      const data = { feature_id: feature, chat_id: chat, run, input }
      return answer({ id, data, attempt, last, signal }, { ...common, handler })
    },
    async end({ chat, run }, error) {
      const data = JSON.stringify(toProblem(error))
      await transcript.append({ feature, chat }, { run, kind: 'error', data })
    },
  }
}

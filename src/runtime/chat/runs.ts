import { createHash, randomUUID } from 'node:crypto'
import { toProblem } from '../kernel/index.ts'
import { type Durably, unconfirmedWork } from '../platform/redis/index.ts'
import { isEnd } from './entry.ts'
import { chatError } from './errors.ts'
import { QUEUE_PREFIX, streamKey } from './keys.ts'
import type { Chat, RunInput } from './messages.ts'
import type { ChatQueues } from './queues.ts'
import type { ChatState, Transcript } from './transcript.ts'

/** Starting, healing and cancelling runs. A run is one answer of a chat to one input. */
export interface Runs {
  /**
   * Joins the chat's run, or starts one. Without a body every run will do; with one, a run that has ended
   * on another input is replaced. `run` names the new run; without it its name tells what it answers.
   * @throws AgentctlError CHAT_BUSY while a run on another input is under way
   */
  open(chat: Chat, body: RunInput | undefined, run?: string): Promise<ChatState & { won: boolean }>
  /** Adds the job of a run once more, in case whoever started the run died before adding it. */
  enqueue(chat: Chat, run: string, input: RunInput): Promise<void>
  /**
   * Ends the run for all its readers and takes its job off the queue or out of the worker's hands.
   * @throws AgentctlError CHAT_NOT_FOUND, CHAT_FINISHED
   */
  cancel(chat: Chat): Promise<{ run: string }>
}

/** @param durably what has the start of a run confirmed */
export function createRuns(
  transcript: Transcript,
  queues: ChatQueues,
  durably: Durably = unconfirmedWork,
): Runs {
  async function enqueue({ feature, chat }: Chat, run: string, input: RunInput): Promise<void> {
    await queues.add({ feature_id: feature, chat_id: chat, run, input })
  }

  async function start(
    chat: Chat,
    body: RunInput | undefined,
    run = newRun(body),
  ): Promise<ChatState & { won: boolean }> {
    const found = await transcript.start(chat, run, body ?? {})
    if (found.won || body === undefined || found.run === run || answers(found.run, body)) return found
    const replaced = isEnd(found) ? await transcript.start(chat, run, body, found.run) : found
    if (replaced.won || answers(replaced.run, body)) return replaced
    throw chatError(
      'CHAT_BUSY',
      `chat ${chat.chat} of feature ${chat.feature} is answering a different input`,
    )
  }

  return {
    enqueue,
    async open(chat, body, run) {
      return durably([streamKey(chat), QUEUE_PREFIX], async () => {
        const state = await start(chat, body, run)
        if (state.won) await enqueue(chat, state.run, body ?? {})
        return state
      })
    },
    async cancel(chat) {
      const newest = await transcript.newest(chat)
      const name = `chat ${chat.chat} of feature ${chat.feature}`
      if (!newest) throw chatError('CHAT_NOT_FOUND', `${name} does not exist`)
      const problem = toProblem(chatError('CHAT_CANCELLED', `${name} was cancelled`))
      if (newest.run === '') throw chatError('CHAT_FOREIGN', `${name} is written by another program`)
      const entry = { run: newest.run, kind: 'error' as const, data: JSON.stringify(problem) }
      const { status } = await transcript.append(chat, entry)
      if (status !== 'written') throw chatError('CHAT_FINISHED', `${name} has ended`)
      await queues.remove(chat.feature, newest.run)
      return { run: newest.run }
    },
  }
}

/** A run's id begins with a digest of its input, so that every entry tells which input it answers. */
function newRun(body: RunInput | undefined): string {
  return `${digest(body)}.${randomUUID()}`
}

function answers(run: string, body: RunInput): boolean {
  return run.startsWith(`${digest(body)}.`)
}

function digest(body: RunInput | undefined): string {
  const { prompt, messages } = body ?? {}
  return createHash('sha256').update(JSON.stringify({ prompt, messages })).digest('hex').slice(0, 16)
}

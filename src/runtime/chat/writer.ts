import { chatError } from './errors.ts'
import type { Chat } from './messages.ts'
import type { AppendStatus, Transcript } from './transcript.ts'

/** Messages one chat may have. */
export const MAX_MESSAGES = 10_000
/** Characters one message may have as JSON. */
export const MAX_MESSAGE_SIZE = 1024 * 1024

/** Writes the messages of one attempt, each exactly once and in order. */
export interface Writer {
  /**
   * Writes the next message. False when the run is no longer this attempt's to write: it was cancelled, it
   * has ended, or another attempt or run has taken over.
   * @throws AgentctlError CHAT_TOO_LONG, CHAT_MESSAGE_INVALID
   */
  message(data: string): Promise<boolean>
  end(kind: 'done' | 'error', data: string): Promise<boolean>
  /** Continues after the first `count` messages, which an earlier attempt has written. */
  skip(earlier: readonly string[]): void
}

/**
 * Keeps what it has written until the run ends: when Redis comes back without its last second, the
 * missing messages are written again under their old ids.
 */
export function createWriter(transcript: Transcript, chat: Chat, run: string, attempt: number): Writer {
  const kept: string[] = []

  async function append(seq: number, kind: 'message' | 'done' | 'error', data: string) {
    let reply = await transcript.append(chat, { run, attempt, seq, kind, data })
    while (reply.status === 'behind') {
      await rewrite(reply.newest + 1)
      reply = await transcript.append(chat, { run, attempt, seq, kind, data })
    }
    return reply
  }

  async function rewrite(from: number): Promise<void> {
    for (let seq = from; seq < kept.length; seq++) {
      const data = kept[seq] as string
      const { status } = await transcript.append(chat, { run, attempt, seq, kind: 'message', data })
      if (!isOurs(status)) return
    }
  }

  return {
    async message(data) {
      if (kept.length >= MAX_MESSAGES) throw chatError('CHAT_TOO_LONG', `more than ${MAX_MESSAGES} messages`)
      if (data.length > MAX_MESSAGE_SIZE) {
        throw chatError(
          'CHAT_MESSAGE_INVALID',
          `message ${kept.length} has ${data.length} characters, the limit is ${MAX_MESSAGE_SIZE}`,
        )
      }
      return isOurs((await append(kept.push(data) - 1, 'message', data)).status)
    },
    async end(kind, data) {
      const { status } = await append(kept.length, kind, data)
      if (status !== 'duplicate') return isOurs(status)
      // An earlier attempt has written more messages than this one: the end comes after them.
      return isOurs((await transcript.append(chat, { run, attempt, kind, data })).status)
    },
    skip(earlier) {
      kept.length = 0
      kept.push(...earlier)
    },
  }
}

function isOurs(status: AppendStatus): boolean {
  return status === 'written' || status === 'duplicate'
}

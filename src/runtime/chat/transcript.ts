import { isCluster, loadScript, type RedisClient } from '../platform/redis/index.ts'
import { type RawEntry, toEntry } from '../platform/streams/index.ts'
import { type ChatEntry, toChatEntry } from './entry.ts'
import { streamKey } from './keys.ts'
import type { Chat, RunInput } from './messages.ts'

const startScript = loadScript(import.meta.url, 'start', 1)
const appendScript = loadScript(import.meta.url, 'append', 1)
const touchScript = loadScript(import.meta.url, 'touch', 1)

/** The newest entry of a chat, as far as it matters for what may happen next. */
export interface ChatState {
  run: string
  kind: ChatEntry['kind']
  seq: number
  /** Id of the newest entry. */
  id: string
  /** The attempt that wrote it, 0 for none. */
  attempt: number
}

export type AppendStatus = 'written' | 'duplicate' | 'behind' | 'gone' | 'ended' | 'superseded'

export interface NewEntry {
  run: string
  /** The attempt that writes, or undefined for an outsider who ends the run. */
  attempt?: number
  /** Undefined for the next one. */
  seq?: number
  kind: 'message' | 'done' | 'error'
  data: string
}

/** The stream of a chat in Redis: every operation on it is one atomic step. */
export interface Transcript {
  /** Opens a run unless the chat has one; `replaces` names an ended run that gives way. */
  start(chat: Chat, run: string, input: RunInput, replaces?: string): Promise<ChatState & { won: boolean }>
  /** Appends one entry; `newest` is the highest `seq` in the stream afterwards. */
  append(chat: Chat, entry: NewEntry): Promise<{ status: AppendStatus; newest: number }>
  /** Keeps the stream from expiring. */
  touch(chat: Chat, run: string, attempt?: number): Promise<'alive' | 'gone' | 'ended' | 'superseded'>
  first(chat: Chat): Promise<ChatEntry | undefined>
  newest(chat: Chat): Promise<ChatEntry | undefined>
  /** Messages written so far by a run, oldest first. */
  messages(chat: Chat, run: string): Promise<string[]>
}

/** Bytes up to which an entry is published; readers that fall behind must not fill Redis's output buffers. */
const PUBLISHABLE = 8 * 1024

/** @param ttl milliseconds for which a stream outlives its last write */
export function createTranscript(redis: RedisClient, ttl: number): Transcript {
  // A cluster sends every published message to every node: there only the id.
  const publishable = isCluster(redis) ? -1 : PUBLISHABLE

  async function edge(chat: Chat, command: 'xrange' | 'xrevrange'): Promise<ChatEntry | undefined> {
    const [from, to] = command === 'xrange' ? ['-', '+'] : ['+', '-']
    const [entry] = (await redis[command](
      streamKey(chat),
      from as string,
      to as string,
      'COUNT',
      1,
    )) as RawEntry[]
    return entry && toChatEntry(toEntry(entry))
  }

  return {
    async start(chat, run, input, replaces = '') {
      const args = [run, ttl, JSON.stringify(input), replaces]
      const [won, current, kind, seq, id, newestAttempt] = (await startScript(
        redis,
        [streamKey(chat)],
        args,
      )) as [number, string, ChatEntry['kind'], number, string, number]
      return { won: won === 1, run: current, kind, seq, id, attempt: newestAttempt }
    },
    async append(chat, { run, attempt = '', seq = '', kind, data }) {
      const args = [run, attempt, seq, kind, data, ttl, publishable]
      const [status, newest] = (await appendScript(redis, [streamKey(chat)], args)) as [AppendStatus, number]
      return { status, newest }
    },
    async touch(chat, run, attempt) {
      const status = await touchScript(redis, [streamKey(chat)], [run, attempt ?? '', ttl])
      return status as 'alive' | 'gone' | 'ended' | 'superseded'
    },
    first: (chat) => edge(chat, 'xrange'),
    newest: (chat) => edge(chat, 'xrevrange'),
    async messages(chat, run) {
      const entries = (await redis.xrange(streamKey(chat), '-', '+')) as RawEntry[]
      return entries
        .map((entry) => toChatEntry(toEntry(entry)))
        .filter((entry) => entry.kind === 'message' && entry.run === run)
        .map((entry) => entry.data)
    },
  }
}

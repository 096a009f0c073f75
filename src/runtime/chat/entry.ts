import type { StreamEntry } from '../platform/streams/index.ts'

/**
 * One entry of a chat stream. `open` comes first and holds the input; `message` entries follow with
 * `seq` 0, 1, …; `done` or `error` is the last. Every entry names its run (one answer to one input) and
 * the attempt that wrote it, so that the newest entry alone tells the state of the chat.
 */
export interface ChatEntry {
  id: string
  kind: 'open' | 'message' | 'done' | 'error'
  /** The message envelope, the input, the problem or `[DONE]`. */
  data: string
  run: string
  seq: number
}

export const DONE = '[DONE]'

const KINDS = new Set(['open', 'message', 'done', 'error'])

/** Understands foreign entries too: a plain `XADD key * data …` is a message, or the end if it is `[DONE]`. */
export function toChatEntry({ id, fields }: StreamEntry): ChatEntry {
  const data = fields.data ?? ''
  const kind =
    fields.kind !== undefined && KINDS.has(fields.kind) ? fields.kind : data === DONE ? 'done' : 'message'
  return { id, kind: kind as ChatEntry['kind'], data, run: fields.run ?? '', seq: Number(fields.seq ?? -1) }
}

export function isEnd(entry: Pick<ChatEntry, 'kind'>): boolean {
  return entry.kind === 'done' || entry.kind === 'error'
}

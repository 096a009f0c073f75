import { busError } from '../bus/index.ts'
import { BEGINNING, compareEntryIds, parseEntryId } from '../platform/streams/index.ts'

/** What is known of a stream when a client begins to read it; undefined where it does not exist. */
export interface StreamState {
  /** Id of the oldest entry; null when there is none. */
  first: string | null
  /** The highest id the stream has given away. */
  last: string
  /** Entries have been taken away since the stream was made. */
  trimmed: boolean
}

/** Where a client begins, and why it has to be told that something may be missing. */
export interface LivePlace {
  after: string
  /** `trimmed`: entries behind the cursor are gone. `restarted`: the stream is another than the one it has read. */
  gap?: 'trimmed' | 'restarted'
}

/** Checks what a client says about its place: `first`, `new`, or an entry id. */
export function checkPlace(text: string, field: string): string {
  if (text === 'first' || text === 'new' || parseEntryId(text)) return text
  throw busError('EVENT_CURSOR_INVALID', `"${text.slice(0, 100)}" is not the id of an entry`, {
    field,
    fix: 'Give the id of the last event that was received, such as 1732153000000-0, or `first` or `new`.',
  })
}

/** @param from `first`, `new`, or the id of the entry after which to go on */
export function placeIn(stream: StreamState | undefined, from: string): LivePlace {
  if (from === 'first' || from === BEGINNING) return { after: BEGINNING }
  if (from === 'new') return { after: stream?.last ?? BEGINNING }
  if (!stream || compareEntryIds(from, stream.last) > 0)
    return { after: stream?.last ?? BEGINNING, gap: 'restarted' }
  if (!stream.trimmed || reaches(from, stream)) return { after: from }
  return { after: from, gap: 'trimmed' }
}

/** Whether nothing can be missing between a cursor and the oldest entry that is left. */
function reaches(from: string, { first, last }: StreamState): boolean {
  if (first === null) return from === last
  const [ms, seq] = parseEntryId(from) as readonly [number, number]
  return compareEntryIds(from, first) >= 0 || compareEntryIds(`${ms}-${seq + 1}`, first) === 0
}

import { StringDecoder } from 'node:string_decoder'
import { createParser } from 'eventsource-parser'

export interface StreamedEvent {
  event: string | undefined
  id: string | undefined
  data: string
  /** When the bytes came that completed it: `performance.now()`, taken before they were looked at. */
  at: number
}

/**
 * Reads an event stream from chunks, which may end anywhere: in the middle of an event, of a line or of a character.
 * @param onEvent told of each event, once it is complete; comments are skipped
 */
export function createEventReader(onEvent: (event: StreamedEvent) => void): {
  feed(chunk: Buffer, at: number): void
} {
  const decoder = new StringDecoder('utf8')
  let now = 0
  const parser = createParser({ onEvent: ({ event, id, data }) => onEvent({ event, id, data, at: now }) })
  return {
    feed(chunk, at) {
      now = at
      parser.feed(decoder.write(chunk))
    },
  }
}

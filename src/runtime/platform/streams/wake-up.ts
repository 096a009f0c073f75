import type { RawEntry } from './entries.ts'

/**
 * What a writer publishes on the channel named like the stream when it has added an entry: the entry's id,
 * or the entry itself with the id of its predecessor, as the JSON array `[id, predecessor, field, value, …]`.
 * The first says "there is news"; with the second a reader that stands at the predecessor has the news already.
 */
export interface WakeUp {
  id: string
  predecessor?: string
  entry?: RawEntry
}

/** A message that cannot be understood is news all the same. */
export function parseWakeUp(message: string): WakeUp {
  if (!message.startsWith('[')) return { id: message }
  try {
    const [id, predecessor, ...fields] = JSON.parse(message) as string[]
    if (id === undefined || predecessor === undefined) return { id: '' }
    return { id, predecessor, entry: [id, fields] }
  } catch {
    return { id: '' }
  }
}

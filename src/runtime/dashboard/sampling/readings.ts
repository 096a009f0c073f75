import { ALIVE_WITHIN, numberOrNull } from '../../inspect/index.ts'

/** What XINFO STREAM says, as far as it matters here. */
export interface StreamReading {
  length: number
  /** Entries added since the stream was made; null before Redis 7. */
  added: number | null
  groups: number
  first_id: string | null
  last_id: string | null
  last_generated_id: string
  /** Characters in its first and last entry, which come along with each answer. */
  weight: number
}

/** What XINFO GROUPS says of one group. */
export interface GroupReading {
  group: string
  consumers: number
  pending: number
  last_delivered_id: string
  /** Null when Redis does not know. */
  entries_read: number | null
  /** As Redis counts; null when it cannot tell, and before Redis 7. */
  lag: number | null
}

// Names and values in turn are read in place: there are thousands of them in each sample.

export function readStream(reply: unknown): StreamReading {
  const reading: StreamReading = {
    ...{ length: 0, added: null, groups: 0, first_id: null, last_id: null },
    ...{ last_generated_id: '0-0', weight: 0 },
  }
  const list = reply as unknown[]
  for (let i = 0; i + 1 < list.length; i += 2) {
    const value = list[i + 1]
    if (list[i] === 'length') reading.length = Number(value)
    else if (list[i] === 'groups') reading.groups = Number(value)
    else if (list[i] === 'entries-added') reading.added = numberOrNull(value)
    else if (list[i] === 'last-generated-id') reading.last_generated_id = String(value)
    else if (list[i] === 'first-entry' || list[i] === 'last-entry') {
      const [id, fields] = (value ?? [null, null]) as [string | null, string[] | null]
      if (list[i] === 'first-entry') reading.first_id = id
      else reading.last_id = id
      for (const text of fields ?? []) reading.weight += text.length
    }
  }
  return reading
}

export function readGroups(reply: unknown): GroupReading[] {
  return (reply as unknown[][]).map(readGroup)
}

function readGroup(list: unknown[]): GroupReading {
  const reading: GroupReading = {
    ...{ group: '', consumers: 0, pending: 0, last_delivered_id: '0-0', entries_read: null, lag: null },
  }
  for (let i = 0; i + 1 < list.length; i += 2) {
    const value = list[i + 1]
    if (list[i] === 'name') reading.group = String(value)
    else if (list[i] === 'consumers') reading.consumers = Number(value)
    else if (list[i] === 'pending') reading.pending = Number(value)
    else if (list[i] === 'last-delivered-id') reading.last_delivered_id = String(value)
    else if (list[i] === 'entries-read') reading.entries_read = numberOrNull(value)
    else if (list[i] === 'lag') reading.lag = numberOrNull(value)
  }
  return reading
}

/**
 * Of the answer to XINFO CONSUMERS, how many have asked lately.
 * @param hasWork whether there is anything for them; where there is not, Redis before 7.2 cannot tell: null, unless all are alive
 */
export function countAlive(reply: unknown, hasWork: boolean): number | null {
  const consumers = reply as unknown[][]
  const alive = consumers.filter((list) => Number(list[list.indexOf('idle') + 1]) < ALIVE_WITHIN).length
  // Before 7.2 it counts the time since a consumer last got something, and not since it last asked.
  const tells = consumers.every((list) => list.includes('inactive'))
  return tells || hasWork || alive === consumers.length ? alive : null
}

/** Of the first rows of XPENDING, the longest time since a delivery; null without rows. */
export function longestIdle(reply: unknown): number | null {
  const idle = (reply as [string, string, number, number][]).map(([, , ms]) => ms)
  return idle.length === 0 ? null : Math.max(...idle)
}

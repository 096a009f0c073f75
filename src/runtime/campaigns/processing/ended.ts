import type { ClaimedEvent } from './claim.ts'
import type { Ending, Entry } from './settle.ts'
import type { Written } from './write.ts'

/** An event that has ended here, as it was committed. */
export interface Ended {
  ending: Ending
  user_id: string | null
  registered_at: string
  processed_at: string
  earnings: (Omit<Entry, 'event_id'> & { earning_id: number })[]
}

/** What was decided, as far as it was written. */
export function endedOf(
  events: readonly ClaimedEvent[],
  endings: readonly Ending[],
  entries: readonly Entry[],
  { ended, earned }: Written,
): Ended[] {
  const known = new Map(events.map((event) => [event.event_id, event]))
  const ends = new Map(endings.map((ending) => [ending.event_id, ending]))
  const ids = new Map(
    earned.map(({ event_id, rule_id, earning_id }) => [`${rule_id}:${event_id}`, earning_id]),
  )
  const earnings = new Map<string, Ended['earnings']>()
  for (const { event_id, ...entry } of entries) {
    const earning_id = ids.get(`${entry.rule_id}:${event_id}`)
    if (earning_id === undefined) continue
    const own = earnings.get(event_id) ?? []
    own.push({ earning_id, ...entry })
    earnings.set(event_id, own)
  }
  return ended.flatMap(({ event_id, processed_at }) => {
    const [event, ending] = [known.get(event_id), ends.get(event_id)]
    if (event === undefined || ending === undefined) return []
    const { user_id, registered_at } = event
    return [{ ending, user_id, registered_at, processed_at, earnings: earnings.get(event_id) ?? [] }]
  })
}

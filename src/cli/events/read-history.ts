import { type HistoryPage, toWire } from '../../runtime/bus/index.ts'
import { renderList } from '../list.ts'
import { redisOnly } from '../streams/stream-flags.ts'
import { rangeOf } from './event-flags.ts'
import { eventColumns } from './event-tables.ts'
import { withBus } from './with-bus.ts'

export interface HistoryFlags {
  from?: string | undefined
  to?: string | undefined
  count: number
  desc: boolean
}

/** Events read at once: each may have a megabyte. */
const PAGE = 100

/** Past events, `count` of them at most. */
export async function readHistory(
  type: string,
  flags: HistoryFlags & Record<string, unknown>,
): Promise<HistoryPage> {
  const all: HistoryPage = { events: [], undecodable: [], next: null }
  let range = rangeOf(flags)
  await withBus(redisOnly, flags, async (bus) => {
    for (let missing = flags.count; missing > 0; ) {
      const limit = Math.min(PAGE, missing)
      const page = await bus.history(type, { ...range, limit, order: flags.desc ? 'desc' : 'asc' })
      all.events.push(...page.events)
      all.undecodable.push(...page.undecodable)
      all.next = page.next
      if (page.next === null) return
      range = { ...range, [flags.desc ? 'to' : 'from']: page.next }
      missing -= limit
    }
  })
  return all
}

export function toHistoryRow({ events, undecodable, next }: HistoryPage) {
  return {
    events: events.map(toWire),
    undecodable: undecodable.map(({ entryId, reason }) => ({ id: entryId, reason })),
    next,
  }
}

export function renderHistory(history: HistoryPage, form: string): string {
  if (form === 'json') return JSON.stringify(toHistoryRow(history), null, 2)
  if (form === 'ndjson') return history.events.map((event) => JSON.stringify(toWire(event))).join('\n')
  return renderList(history.events, eventColumns, form, (event) => event.entryId)
}

import { type EventBus, toWire, type WireEvent } from '../bus/index.ts'

export interface PageQuery {
  from?: string | undefined
  to?: string | undefined
  limit: number
  order: 'asc' | 'desc'
}

export interface WirePage {
  events: WireEvent[]
  /** Entries that are no events. */
  undecodable: { id: string; reason: string }[]
  /** Where the next page begins: `from` in ascending order, `to` in descending; null at the end. */
  next: string | null
}

/** Events read at once at first: each may have a megabyte. */
const FIRST_STEP = 16
/** Characters of data after which a page ends before it is full. */
const LARGE = 4 * 1024 * 1024

/** One page of history. It has fewer events than wanted when they are large. */
export async function readPage(bus: EventBus, type: string, query: PageQuery): Promise<WirePage> {
  const page: WirePage = { events: [], undecodable: [], next: null }
  let { from, to } = query
  for (let size = 0, step = FIRST_STEP; ; step = nextStep(step, size)) {
    const missing = query.limit - page.events.length - page.undecodable.length
    const part = await bus.history(type, {
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      limit: Math.min(step, missing),
      order: query.order,
    })
    page.events.push(...part.events.map(toWire))
    page.undecodable.push(...part.undecodable.map(({ entryId, reason }) => ({ id: entryId, reason })))
    page.next = part.next
    size += JSON.stringify(part.events).length
    if (part.next === null || missing <= step || size >= LARGE) return page
    if (query.order === 'asc') from = part.next
    else to = part.next
  }
}

/** Small events are read in larger steps. */
function nextStep(step: number, size: number): number {
  return size < LARGE / 16 ? step * 4 : step
}

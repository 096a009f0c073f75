import { hash } from 'node:crypto'
import { BUS_EVENTS } from '../keys.ts'
import type { Ended } from '../processing/ended.ts'

/** An event of the bus. */
export interface Announcement {
  type: string
  /** The same whenever it is told again. */
  eventId: string
  data: object
}

/** Of one id, what the bus takes for one. */
const TAKEN = /^[A-Za-z0-9._-]{1,128}$/

/**
 * What the bus is told of an event that has ended:
 * - `earning.created` `{earning_id, event_id, rule_id, campaign_id, user_id, amount, currency}`, one for each earning
 * - `event.processed` `{event_id, user_id, matched_rule_id, earnings: [{earning_id, campaign_id, rule_id, amount, currency}],
 *   processed_at}`
 * - or `event.skipped`, `event.failed` `{event_id, user_id, reason, detail, processed_at}`
 */
export function announcementsOf({ ending, user_id, processed_at, earnings }: Ended): Announcement[] {
  const { event_id, status, matched_rule_id, reason, detail } = ending
  // With the moment of its end: a database that is made anew may use the same ids for other events.
  const id = `${event_id}.${Date.parse(processed_at).toString(36)}`
  if (status !== 'processed')
    return [
      {
        ...{ type: BUS_EVENTS[status], eventId: busId(id) },
        data: { event_id, user_id, reason, detail, processed_at },
      },
    ]
  const created = earnings.map(({ earning_id, ...earning }) => ({
    ...{ type: BUS_EVENTS.earning, eventId: busId(`${id}.${earning.rule_id}`) },
    data: { earning_id, event_id, ...earning },
  }))
  const given = earnings.map(({ user_id: _, ...earning }) => earning)
  const data = { event_id, user_id, matched_rule_id, earnings: given, processed_at }
  return [...created, { type: BUS_EVENTS.processed, eventId: busId(id), data }]
}

function busId(id: string): string {
  const whole = `campaigns.${id}`
  return TAKEN.test(whole) ? whole : `campaigns.${hash('sha256', id)}`
}

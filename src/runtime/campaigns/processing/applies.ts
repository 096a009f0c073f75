/** What decides which events a campaign is for. */
export interface Terms {
  status: string
  /** Milliseconds since 1970, -Infinity without a start. */
  from: number
  /** The same of the end, which is not part of it. */
  until: number
  currency: string
}

export function termsOf(campaign: {
  status: string
  starts_at: string | null
  ends_at: string | null
  currency: string
}): Terms {
  const { status, starts_at, ends_at, currency } = campaign
  return {
    status,
    from: starts_at === null ? Number.NEGATIVE_INFINITY : Date.parse(starts_at),
    until: ends_at === null ? Number.POSITIVE_INFINITY : Date.parse(ends_at),
    currency,
  }
}

/** Why an event does not count for a campaign. */
export type Obstacle = 'not_active' | 'before_start' | 'after_end' | 'other_currency'

/**
 * Why an event does not count for a campaign; undefined when it does.
 * @param occurredAt milliseconds since 1970
 * @param currency of the event; one without any counts for all
 */
export function obstacleOf(terms: Terms, occurredAt: number, currency: string | null): Obstacle | undefined {
  if (terms.status !== 'active') return 'not_active'
  if (occurredAt < terms.from) return 'before_start'
  if (occurredAt >= terms.until) return 'after_end'
  if (currency !== null && currency !== terms.currency) return 'other_currency'
  return undefined
}

/** An event as it is stored. */
export interface StoredEvent {
  event_id: string
  user_id: string | null
  merchant_id: string | null
  /** A decimal string. */
  amount: string | null
  currency: string | null
  occurred_at: string
  data: Record<string, unknown>
}

/**
 * What rules see of an event: its amount is a number, and what is not known of it is not there.
 */
export function documentOf(event: StoredEvent): Record<string, unknown> {
  const { event_id, user_id, merchant_id, amount, currency, occurred_at, data } = event
  const document: Record<string, unknown> = { event_id }
  if (user_id !== null) document.user_id = user_id
  if (merchant_id !== null) document.merchant_id = merchant_id
  if (amount !== null) document.amount = Number(amount)
  if (currency !== null) document.currency = currency
  document.occurred_at = occurred_at
  document.data = data
  return document
}

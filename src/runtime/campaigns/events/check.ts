import { hash, randomUUID } from 'node:crypto'
import Big from 'big.js'
import { campaignsError } from '../errors.ts'
import { MAX_DATA, MAX_DATA_DEPTH, type NewEvent, newEvent } from '../messages.ts'
import { canonicalJson, isStorable, NO_TEXT } from './canonical.ts'

/** An event that was checked. */
export interface CheckedEvent {
  event_id: string
  /** The same for a repeat of the same event. */
  content_hash: string
  /** The row, as JSON; without a time where none was given. */
  json: string
}

const invalid = (field: string, what: string) =>
  campaignsError('CAMPAIGN_EVENT_INVALID', field === '' ? what : `${field}: ${what}`, { field })

/**
 * What an event is to be, of anything.
 * @throws AgentctlError CAMPAIGN_EVENT_INVALID
 */
export function parseEvent(given: unknown): NewEvent {
  const parsed = newEvent.safeParse(given)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const path = (issue?.path ?? []).map(String)
  if (issue?.code !== 'unrecognized_keys') throw invalid(path.join('.'), issue?.message ?? 'invalid')
  throw invalid([...path, issue.keys[0] ?? ''].join('.'), 'unknown field')
}

/**
 * Checks what its schema does not say, and makes it a row.
 * @throws AgentctlError CAMPAIGN_EVENT_INVALID
 */
export function checkEvent(event: NewEvent): CheckedEvent {
  const { event_id = randomUUID(), user_id = null, merchant_id = null, currency = null, data } = event
  const [amount, occurred_at] = [event.amount ?? null, event.occurred_at ?? null]
  for (const [field, value] of Object.entries({ user_id, merchant_id }))
    if (value !== null && !isStorable(value)) throw invalid(field, NO_TEXT)
  const canonical = canonicalData(data)
  const fields = { event_id, user_id, merchant_id, amount, currency, occurred_at }
  // Of what was given: an event that came without its time is the same when it comes again later.
  const content = [user_id, merchant_id, amount === null ? null : plain(amount), currency, occurred_at]
  const content_hash = hash('sha256', `${JSON.stringify(content)}${canonical}`, 'base64url')
  const head = JSON.stringify({ ...fields, content_hash }).slice(0, -1)
  return { event_id, content_hash, json: `${head},"data":${JSON.stringify(data)}}` }
}

function canonicalData(data: Readonly<Record<string, unknown>>): string {
  const canonical = canonicalJson(data, MAX_DATA_DEPTH)
  if (typeof canonical !== 'string')
    throw invalid(['data', ...canonical.path].join('.').slice(0, 200), canonical.what)
  if (canonical.length <= MAX_DATA) return canonical
  throw invalid('data', `has ${canonical.length} characters as JSON, ${MAX_DATA} are allowed`)
}

/** 150, 150.0 and "0150.00" are one amount. */
function plain(amount: string): string {
  const number = Big(amount)
  return number.eq(0) ? '0' : number.toFixed()
}

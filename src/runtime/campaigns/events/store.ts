import { isDataError, type Kysely, sql } from '../../platform/sql/index.ts'
import type { EventStatus } from '../messages.ts'
import type { CampaignTables } from '../schema.ts'
import type { CheckedEvent } from './check.ts'

/** What became of an event: `conflict` when another one has its id; an error when the database does not take it. */
export type Outcome = { outcome: 'registered' | 'known' | 'conflict'; status: EventStatus } | Error

/** Characters of one statement's values, about; above it one becomes several. */
const MAX_STATEMENT = 8 * 1024 * 1024

/** In the order of their ids: two of these at once, with the same ids, cannot wait for each other. */
const INSERT = `
INSERT INTO events (event_id, user_id, merchant_id, amount, currency, occurred_at, data, content_hash)
SELECT event_id, user_id, merchant_id, amount, currency, coalesce(occurred_at, now()), data, content_hash
FROM json_to_recordset($1::json) AS x(event_id text, user_id text, merchant_id text, amount numeric, currency text,
  occurred_at timestamptz, data json, content_hash text)
ORDER BY event_id
ON CONFLICT (event_id) DO NOTHING
RETURNING event_id`

const [HEAD = '', TAIL = ''] = INSERT.split('$1')

/**
 * Registers events in one statement, or a few when they are large. When the database refuses values, the events are halved until
 * those at fault are alone.
 * @returns one outcome for each, in order; of two with one id the first is the event
 * @throws what the database says when it is not the values that are at fault; storing all again is safe
 */
export async function storeEvents(
  db: Kysely<CampaignTables>,
  events: readonly CheckedEvent[],
): Promise<Outcome[]> {
  const first = new Map<string, CheckedEvent>()
  for (const event of events) if (!first.has(event.event_id)) first.set(event.event_id, event)
  const outcomes = new Map<string, Outcome>()
  for (const part of partsOf([...first.values()])) await storePart(db, part, outcomes)
  return events.map((event) => {
    const original = first.get(event.event_id)
    const outcome = outcomes.get(event.event_id) as Outcome
    if (event === original || outcome instanceof Error || outcome.outcome === 'conflict') return outcome
    const same = event.content_hash === original?.content_hash
    return { outcome: same ? 'known' : 'conflict', status: outcome.status }
  })
}

async function storePart(
  db: Kysely<CampaignTables>,
  part: readonly CheckedEvent[],
  outcomes: Map<string, Outcome>,
): Promise<void> {
  try {
    await insert(db, part, outcomes)
  } catch (error) {
    if (!isDataError(error)) throw error
    const [only] = part
    if (only !== undefined && part.length === 1) {
      outcomes.set(only.event_id, error as Error)
      return
    }
    const middle = Math.ceil(part.length / 2)
    await storePart(db, part.slice(0, middle), outcomes)
    await storePart(db, part.slice(middle), outcomes)
  }
}

async function insert(
  db: Kysely<CampaignTables>,
  part: readonly CheckedEvent[],
  outcomes: Map<string, Outcome>,
): Promise<void> {
  const json = `[${part.map((event) => event.json).join(',')}]`
  const { rows } = await sql<{ event_id: string }>`${sql.raw(HEAD)}${json}${sql.raw(TAIL)}`.execute(db)
  for (const { event_id } of rows) outcomes.set(event_id, { outcome: 'registered', status: 'pending' })
  if (rows.length === part.length) return
  const others = part.filter(({ event_id }) => !outcomes.has(event_id))
  const found = await readStored(
    db,
    others.map(({ event_id }) => event_id),
  )
  for (const { event_id, content_hash } of others) {
    const stored = found.get(event_id)
    if (stored === undefined) throw new Error(`event ${event_id} is neither new nor known`)
    const outcome = stored.content_hash === content_hash ? 'known' : 'conflict'
    outcomes.set(event_id, { outcome, status: stored.status as EventStatus })
  }
}

async function readStored(db: Kysely<CampaignTables>, ids: readonly string[]) {
  const rows = await db
    .selectFrom('events')
    .select(['event_id', 'content_hash', 'status'])
    .where('event_id', '=', sql<string>`ANY(${ids})`)
    .execute()
  return new Map(rows.map((row) => [row.event_id, row]))
}

function partsOf(events: readonly CheckedEvent[]): CheckedEvent[][] {
  const parts: CheckedEvent[][] = []
  let size = Number.POSITIVE_INFINITY
  for (const event of events) {
    if (size + event.json.length > MAX_STATEMENT) {
      parts.push([])
      size = 0
    }
    parts.at(-1)?.push(event)
    size += event.json.length
  }
  return parts
}

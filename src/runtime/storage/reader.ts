import {
  type EvaluationEntry,
  type EvaluationRows,
  evaluationError,
  type Facts,
  toEvaluation,
} from '../evaluation/index.ts'
import { messageOf } from '../kernel/index.ts'
import { type Database, isDatabaseAway, isDatabaseRefusing, sql } from '../platform/sql/index.ts'
import { cursorOf, type Position, positionOf } from './cursor.ts'
import type { StorageTables } from './schema.ts'

/** What a list shows of each; texts may be long. */
const LISTED = [
  ...([
    'eval_id',
    'seq',
    'status',
    'language',
    'priority',
    'queued_at',
    'started_at',
    'finished_at',
  ] as const),
  ...(['attempts', 'backend', 'reason', 'detail', 'exit_code', 'signal', 'truncated', 'oom_seen'] as const),
  ...(['duration_ms', 'listed_at'] as const),
]

/** Of a table that storage has not made yet, and of a statement that took too long. */
const [MISSING, TOOK_LONG] = ['42P01', '57014']

/** The rows as others may read them; before storage has made the table there are none. */
export function createEvaluationRows({ db }: Pick<Database<StorageTables>, 'db'>): EvaluationRows {
  return {
    get: (id) =>
      reading(undefined, async () => {
        const row = await db
          .selectFrom('evaluations')
          .selectAll()
          .where('eval_id', '=', id)
          .executeTakeFirst()
        return row && factsOf({ ...row })
      }),
    list({ status, after, limit }) {
      const position = after === undefined ? undefined : positionOf(after)
      return reading({ evaluations: [] }, async () => {
        let query = db.selectFrom('evaluations').select(LISTED)
        if (status !== undefined) query = query.where('status', '=', status)
        if (position !== undefined) query = query.where(isAfter(position))
        const rows = await query
          .orderBy('listed_at', 'desc')
          .orderBy('eval_id', 'desc')
          .limit(limit + 1)
          .execute()
        const page = rows.slice(0, limit)
        const last = rows.length > limit ? page.at(-1) : undefined
        return { evaluations: page.map((row) => entryOf({ ...row })), ...(last && { next: cursorOf(last) }) }
      })
    },
  }
}

const isAfter = ({ listed_at, eval_id }: Position) =>
  sql<boolean>`(listed_at, eval_id) < (${listed_at}::timestamptz, ${eval_id})`

type Columns = Readonly<Record<string, unknown>>

/** A column that nobody has told anything for is as if it were not there. */
function factsOf({ seqs, reported, listed_at, created_at, updated_at, ...row }: Columns): Facts {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as unknown as Facts
}

function entryOf(row: Columns): EvaluationEntry {
  const { stdout, stderr, ...entry } = toEvaluation(factsOf(row))
  return entry
}

async function reading<T>(none: T, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const code = (cause as { code?: unknown }).code
    if (code === MISSING) return none
    if (!isDatabaseAway(cause) && !isDatabaseRefusing(cause) && code !== TOOK_LONG) throw cause
    throw evaluationError('EVAL_ROWS_AWAY', messageOf(cause) || 'no connection', { cause })
  }
}

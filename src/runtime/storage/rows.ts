import type { Facts, Status } from '../evaluation/index.ts'
import { type Kysely, sql } from '../platform/sql/index.ts'
import { type Merged, mergeAll, TOLD_OFTEN } from './merge.ts'
import type { StorageTables } from './schema.ts'

/** How a row is now. */
export interface StoredRow {
  eval_id: string
  seq: number
  status: Status
  /** `known`: every report was in there already. */
  change: 'created' | 'updated' | 'known'
}

/** Type by column, of those that one report alone tells. */
const TOLD_ONCE = {
  language: 'text',
  code: 'text',
  args: 'jsonb',
  limits: 'jsonb',
  priority: 'text',
  stdin_bytes: 'integer',
  queued_at: 'timestamptz',
  finished_at: 'timestamptz',
  reason: 'text',
  detail: 'text',
  exit_code: 'integer',
  signal: 'text',
  stdout: 'text',
  stderr: 'text',
  truncated: 'boolean',
  oom_seen: 'boolean',
  duration_ms: 'double precision',
} as const

const TYPES: Readonly<Record<string, string>> = {
  ...{ eval_id: 'text', seq: 'integer', status: 'text', ...TOLD_ONCE },
  ...{ started_at: 'timestamptz', attempts: 'integer', executor: 'text', worker: 'text', backend: 'text' },
  ...{ seqs: 'integer[]', reported: 'jsonb' },
}

const columns = Object.keys(TYPES)
/** When it was queued; where that is not known yet, as early as is known, to the millisecond, which lists page by. */
const LISTED_AT = `coalesce(x.queued_at, x.started_at, x.finished_at, date_trunc('milliseconds', now()))`

/** What the newer side says, else what the other knows. */
const once = (column: string) =>
  `${column} = CASE WHEN excluded.seq >= e.seq THEN coalesce(excluded.${column}, e.${column}) ELSE coalesce(e.${column}, excluded.${column}) END`

const seqOf = (side: string, column: string) => `(${side}.reported ->> '${column}')::integer`

const often = (column: string) =>
  `${column} = CASE WHEN coalesce(${seqOf('excluded', column)}, 0) > coalesce(${seqOf('e', column)}, 0) THEN excluded.${column} ELSE e.${column} END`

/**
 * Takes any number of rows as one JSON array, so that the statement is always the same. Rows are locked in the order of
 * their ids: two of these at once cannot wait for each other.
 */
const UPSERT = `
INSERT INTO evaluations AS e (${columns.join(', ')}, listed_at)
SELECT ${columns.map((column) => `x.${column}`).join(', ')}, ${LISTED_AT}
FROM json_to_recordset($1::json) AS x(${Object.entries(TYPES)
  .map(([column, type]) => `${column} ${type}`)
  .join(', ')})
ORDER BY x.eval_id
ON CONFLICT (eval_id) DO UPDATE SET
  status = CASE WHEN excluded.seq >= e.seq THEN excluded.status ELSE e.status END,
  seq = greatest(e.seq, excluded.seq),
  ${Object.keys(TOLD_ONCE).map(once).join(',\n  ')},
  ${TOLD_OFTEN.map(often).join(',\n  ')},
  reported = jsonb_strip_nulls(jsonb_build_object(${TOLD_OFTEN.map(
    (column) => `'${column}', greatest(${seqOf('e', column)}, ${seqOf('excluded', column)})`,
  ).join(', ')})),
  seqs = (SELECT array_agg(DISTINCT s ORDER BY s) FROM unnest(e.seqs || excluded.seqs) AS s),
  listed_at = coalesce(e.queued_at, excluded.queued_at, least(e.listed_at, excluded.listed_at)),
  updated_at = now()
WHERE NOT e.seqs @> excluded.seqs
RETURNING eval_id, seq, status, (xmax = 0) AS inserted`

const [HEAD = '', TAIL = ''] = UPSERT.split('$1')

/**
 * Stores what is reported, in one statement: of each field what the latest report on it says. Reports may come in any order
 * and any number of times.
 * @returns one for each evaluation
 */
export async function upsertEvaluations(
  db: Kysely<StorageTables>,
  reports: readonly Facts[],
): Promise<StoredRow[]> {
  const merged = mergeAll(reports)
  const json = JSON.stringify(merged.map(toRecord), storable)
  const { rows } = await sql<
    StoredRow & { inserted: boolean }
  >`${sql.raw(HEAD)}${json}${sql.raw(TAIL)}`.execute(db)
  const stored = rows.map(
    ({ inserted, ...row }): StoredRow => ({ ...row, change: inserted ? 'created' : 'updated' }),
  )
  if (stored.length === merged.length) return stored
  const found = new Set(stored.map(({ eval_id }) => eval_id))
  return [
    ...stored,
    ...(await readKnown(
      db,
      merged.flatMap(({ facts }) => (found.has(facts.eval_id) ? [] : [facts.eval_id])),
    )),
  ]
}

function toRecord({ facts: { output_in_record: _, ...facts }, seqs, reported }: Merged): object {
  return { ...facts, seqs, reported }
}

/** PostgreSQL takes neither NUL nor half a surrogate pair for text; a program may well write them. */
function storable(_key: string, value: unknown): unknown {
  if (typeof value !== 'string' || (value.isWellFormed() && !value.includes('\0'))) return value
  return value.toWellFormed().replaceAll('\0', '\uFFFD')
}

async function readKnown(db: Kysely<StorageTables>, ids: readonly string[]): Promise<StoredRow[]> {
  const rows = await db
    .selectFrom('evaluations')
    .select(['eval_id', 'seq', 'status'])
    .where('eval_id', '=', sql<string>`ANY(${ids})`)
    .execute()
  return rows.map((row) => ({ ...row, status: row.status as Status, change: 'known' }))
}

import { type Generated, type Migrations, sql } from '../platform/sql/index.ts'

/** A row of `evaluations`: what is known of one of them. Timestamps are ISO 8601 when read. */
export interface EvaluationRow {
  eval_id: string
  /** Of the newest report, which says the status. */
  seq: number
  status: string
  language: string | null
  code: string | null
  args: string[] | null
  limits: Record<string, number> | null
  priority: string | null
  stdin_bytes: number | null
  queued_at: string | null
  started_at: string | null
  finished_at: string | null
  attempts: number | null
  executor: string | null
  worker: string | null
  backend: string | null
  reason: string | null
  detail: string | null
  exit_code: number | null
  signal: string | null
  stdout: string | null
  stderr: string | null
  truncated: boolean | null
  oom_seen: boolean | null
  duration_ms: number | null
  /** Of every report that is in here. */
  seqs: number[]
  /** Which report those fields are from that several reports may tell: name → seq. */
  reported: Record<string, number>
  /** Where it is in lists: when it was queued, as far as that is known. */
  listed_at: string
  created_at: Generated<string>
  updated_at: Generated<string>
}

export interface StorageTables {
  evaluations: EvaluationRow
}

/** Room whose migrations these are. */
export const ROOM = 'storage'

export const migrations: Migrations = {
  '001-evaluations': {
    async up(db) {
      await db.schema
        .createTable('evaluations')
        .addColumn('eval_id', 'text', (column) => column.primaryKey())
        .addColumn('seq', 'integer', (column) => column.notNull())
        .addColumn('status', 'text', (column) => column.notNull())
        .addColumn('language', 'text')
        .addColumn('code', 'text')
        .addColumn('args', 'jsonb')
        .addColumn('limits', 'jsonb')
        .addColumn('priority', 'text')
        .addColumn('stdin_bytes', 'integer')
        .addColumn('queued_at', 'timestamptz')
        .addColumn('started_at', 'timestamptz')
        .addColumn('finished_at', 'timestamptz')
        .addColumn('attempts', 'integer')
        .addColumn('executor', 'text')
        .addColumn('worker', 'text')
        .addColumn('backend', 'text')
        .addColumn('reason', 'text')
        .addColumn('detail', 'text')
        .addColumn('exit_code', 'integer')
        .addColumn('signal', 'text')
        .addColumn('stdout', 'text')
        .addColumn('stderr', 'text')
        .addColumn('truncated', 'boolean')
        .addColumn('oom_seen', 'boolean')
        .addColumn('duration_ms', 'double precision')
        .addColumn('seqs', sql`integer[]`, (column) => column.notNull())
        .addColumn('reported', 'jsonb', (column) => column.notNull())
        .addColumn('listed_at', 'timestamptz', (column) => column.notNull())
        .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
        .addColumn('updated_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
        .execute()
      await db.schema
        .createIndex('evaluations_newest')
        .on('evaluations')
        .columns(['listed_at desc', 'eval_id desc'])
        .execute()
      await db.schema
        .createIndex('evaluations_newest_by_status')
        .on('evaluations')
        .columns(['status', 'listed_at desc', 'eval_id desc'])
        .execute()
    },
    async down(db) {
      await db.schema.dropTable('evaluations').execute()
    },
  },
}

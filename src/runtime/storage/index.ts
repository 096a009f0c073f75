import type { EvaluationRows } from '../evaluation/index.ts'
import type { Logger } from '../kernel/index.ts'
import type { ReplayEvaluationsOptions, Replayed } from './replay.ts'
import type { StorageTables } from './schema.ts'

export type { ReplayEvaluationsOptions, Replayed } from './replay.ts'

export interface OpenRowsOptions {
  url: string
  /** What the database shows of us. */
  name: string
  log: Logger
}

/** Rows together with the connections they are read over. */
export interface OpenRows {
  rows: EvaluationRows
  close(): Promise<void>
}

/** Connections at once, and milliseconds one question may take. */
const CONNECTIONS = 4
const TIMEOUT = 5_000

/**
 * The rows of evaluations; nothing is connected until something is asked.
 * @throws AgentctlError DATABASE_URL_INVALID
 */
export async function openEvaluationRows({ url, name, log }: OpenRowsOptions): Promise<OpenRows> {
  const [{ openDatabase }, { createEvaluationRows }] = await Promise.all([
    import('../platform/sql/index.ts'),
    import('./reader.ts'),
  ])
  const database = openDatabase<StorageTables>({
    ...{ url, name, log },
    max: CONNECTIONS,
    timeout: TIMEOUT,
  })
  return { rows: createEvaluationRows(database), close: () => database.close() }
}

/** Stores what is in the history of events; see `replayEvaluations` in replay.ts for what it takes and throws. */
export async function restoreEvaluations(
  options: Omit<ReplayEvaluationsOptions, 'database'>,
): Promise<Replayed> {
  const [{ openDatabase }, { replayEvaluations }] = await Promise.all([
    import('../platform/sql/index.ts'),
    import('./replay.ts'),
  ])
  const database = openDatabase<StorageTables>({ ...options, name: 'replay', max: 2 })
  try {
    return await replayEvaluations({ ...options, database })
  } finally {
    await database.close()
  }
}

/** The changes of its tables that this version knows, in their order, and the room they are noted for. */
export async function knownMigrations(): Promise<{ room: string; names: string[] }> {
  const { migrations, ROOM } = await import('./schema.ts')
  return { room: ROOM, names: Object.keys(migrations).sort() }
}

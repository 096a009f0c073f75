import type { Facts } from '../evaluation/index.ts'
import { isDataError, type Kysely } from '../platform/sql/index.ts'
import { type StoredRow, upsertEvaluations } from './rows.ts'
import type { StorageTables } from './schema.ts'

/** What came of some reports. */
export interface Stored {
  rows: StoredRow[]
  /** Reports that the database does not take, with its reason. */
  refused: Map<Facts, Error>
}

/** Characters of one statement's values, about; above it one becomes several. */
const MAX_STATEMENT = 8 * 1024 * 1024

/**
 * Stores reports. When the database refuses values, the reports are halved until those at fault are alone, and all others are
 * stored: with one of n at fault that takes about 2 log₂ n statements more.
 * @throws what the database says when it is not the values that are at fault; storing all again is safe
 */
export async function storeReports(db: Kysely<StorageTables>, reports: readonly Facts[]): Promise<Stored> {
  const stored: Stored = { rows: [], refused: new Map() }
  for (const part of partsOf(reports)) await storePart(db, part, stored)
  return stored
}

async function storePart(db: Kysely<StorageTables>, part: readonly Facts[], stored: Stored): Promise<void> {
  try {
    stored.rows.push(...(await upsertEvaluations(db, part)))
  } catch (error) {
    if (!isDataError(error)) throw error
    const [first] = part
    if (first !== undefined && part.length === 1) {
      stored.refused.set(first, error as Error)
      return
    }
    const middle = Math.ceil(part.length / 2)
    await storePart(db, part.slice(0, middle), stored)
    await storePart(db, part.slice(middle), stored)
  }
}

function partsOf(reports: readonly Facts[]): Facts[][] {
  const parts: Facts[][] = []
  let size = Number.POSITIVE_INFINITY
  for (const report of reports) {
    const own = sizeOf(report)
    if (size + own > MAX_STATEMENT) {
      parts.push([])
      size = 0
    }
    parts.at(-1)?.push(report)
    size += own
  }
  return parts
}

const sizeOf = ({ code = '', stdout = '', stderr = '' }: Facts) =>
  code.length + stdout.length + stderr.length + 1_000

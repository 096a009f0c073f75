import type { Snapshot } from '../../runtime/dashboard/index.ts'
import { byName } from '../format/order.ts'
import type { Pane } from './pane.ts'

export interface Sort {
  readonly column: string
  readonly descending: boolean
}

/** Rows of a pane that the filter lets through, in order. Rows without a value to sort by come last, whichever way. */
export function listRows<Row>(
  pane: Pane<Row>,
  snapshot: Snapshot,
  filter: string,
  sort: Sort | undefined = pane.sort,
): readonly Row[] {
  const rows = filtered(pane.rows(snapshot), filter, (row) => pane.text(row))
  const by = pane.columns.find(({ id }) => id === sort?.column)
  if (!sort || !by?.sortBy) return rows
  const keyed = rows.map((row) => ({ row, value: by.sortBy?.(row) ?? null }))
  return keyed.sort((a, b) => compare(a.value, b.value, sort.descending)).map(({ row }) => row)
}

/** What contains every word of the filter, in any case. */
export function filtered<T>(all: readonly T[], filter: string, text: (item: T) => string): readonly T[] {
  const words = wordsOf(filter)
  if (words.length === 0) return all
  return all.filter((item) => {
    const where = text(item).toLowerCase()
    return words.every((word) => where.includes(word))
  })
}

export function wordsOf(filter: string): string[] {
  return filter.toLowerCase().split(/\s+/u).filter(Boolean)
}

type Value = number | string | null

function compare(a: Value, b: Value, descending: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : byName(String(a), String(b))
  return descending ? -order : order
}

import type { Column } from './pane.ts'

/** A column that is shown, and the cells it takes. */
export interface Placed<Row> {
  readonly column: Column<Row>
  readonly width: number
}

/** Blank cells between two columns. */
export const GAP = 2

/**
 * Decides which columns a line of `width` cells has, and how wide they are. Where not all fit at their least, those with the
 * highest `drop` go first, of equal ones the last. What is left over goes to the first column that may grow, then to the next.
 * Columns that stay always are narrowed, the widest first, when even they do not fit.
 */
export function layoutColumns<Row>(columns: readonly Column<Row>[], width: number): Placed<Row>[] {
  const kept = [...columns]
  while (least(kept) > width) {
    const gone = lastToStay(kept)
    if (gone < 0) return narrowed(kept, width)
    kept.splice(gone, 1)
  }
  let room = width - least(kept)
  return kept.map((column) => {
    const more = Math.min(room, (column.max ?? Number.POSITIVE_INFINITY) - column.min)
    room -= Math.max(0, more)
    return { column, width: column.min + Math.max(0, more) }
  })
}

/** The column that the next press of a key sorts by: of those that can be sorted by, the one after `current`. */
export function nextSort<Row>(columns: readonly Column<Row>[], current: string | null): string | null {
  const ids = columns.filter(({ sortBy }) => sortBy !== undefined).map(({ id }) => id)
  return ids[(ids.indexOf(current ?? '') + 1) % ids.length] ?? null
}

function least(columns: readonly { min: number }[]): number {
  return columns.reduce((sum, { min }) => sum + min, GAP * Math.max(0, columns.length - 1))
}

/** Index of the column that can best be done without; -1 when none can. */
function lastToStay(columns: readonly { drop: number }[]): number {
  const highest = Math.max(0, ...columns.map(({ drop }) => drop))
  return highest === 0 ? -1 : columns.findLastIndex(({ drop }) => drop === highest)
}

function narrowed<Row>(columns: readonly Column<Row>[], width: number): Placed<Row>[] {
  const widths = columns.map(({ min }) => min)
  for (let excess = least(columns) - width; excess > 0; excess--) {
    const widest = widths.indexOf(Math.max(...widths))
    if ((widths[widest] ?? 0) <= 1) break
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return columns.map((column, at) => ({ column, width: widths[at] ?? 0 }))
}

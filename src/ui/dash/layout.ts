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
 * highest `drop` go first, of equal ones the last. What is left over goes to the columns that lack least, so that one long text does
 * not cut all others short; to those marked as last when no other lacks anything. Columns that stay always are narrowed, the widest first, when even they do not fit.
 */
export function layoutColumns<Row>(columns: readonly Column<Row>[], width: number): Placed<Row>[] {
  const kept = [...columns]
  while (least(kept) > width) {
    const gone = lastToStay(kept)
    if (gone < 0) return narrowed(kept, width)
    kept.splice(gone, 1)
  }
  return grown(kept, width - least(kept))
}

function grown<Row>(columns: readonly Column<Row>[], room: number): Placed<Row>[] {
  const lacking = ({ min, max = Number.POSITIVE_INFINITY }: Column<Row>) => Math.max(0, max - min)
  const order = columns.toSorted(
    (a, b) =>
      Number(a.isLast ?? false) - Number(b.isLast ?? false) || Math.sign(lacking(a) - lacking(b)) || 0,
  )
  const widths = new Map<Column<Row>, number>()
  let left = room
  for (const column of order) {
    const more = Math.min(left, lacking(column))
    left -= more
    widths.set(column, column.min + more)
  }
  return columns.map((column) => ({ column, width: widths.get(column) ?? column.min }))
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

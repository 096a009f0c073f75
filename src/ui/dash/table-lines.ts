import { widthOf } from '../format/fit.ts'
import { sparkline } from '../format/sparkline.ts'
import type { Part } from './detail.ts'
import { GAP, layoutColumns, type Placed } from './layout.ts'
import type { Column } from './pane.ts'
import { cell, type Line } from './parts.ts'

/** Rows as lines of at most `width` cells, below their titles. */
export interface TableLines {
  readonly head: Line
  readonly rows: readonly Line[]
}

/**
 * Draws a table by its columns, as far as they fit. None is wider than its longest cell needs.
 * @param snug nor wider at least than that: for tables that are drawn once, and whose columns cannot jump
 */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
  { snug = false }: { snug?: boolean } = {},
): TableLines {
  const placed = layoutColumns(
    columns.map((column) => narrow(column, rows, snug)),
    width,
  )
  return {
    head: placed.flatMap(({ column, width }, index) =>
      gapped(cell(column.title, width, column.align, 'dim'), index),
    ),
    rows: rows.map((row) => rowLine(placed, row)),
  }
}

/** Cells of a row, with their colours. */
export function rowLine<Row>(placed: readonly Placed<Row>[], row: Row): Line {
  return placed.flatMap(({ column, width }, index) => {
    const { text, tone, spark } = column.cell(row)
    return gapped(cell(spark ? sparkline(spark, width) : text, width, column.align, tone), index)
  })
}

function gapped(part: Part, index: number): Part[] {
  return index === 0 ? [part] : [{ text: ' '.repeat(GAP) }, part]
}

function narrow<Row>(column: Column<Row>, rows: readonly Row[], snug: boolean): Column<Row> {
  const needed = rows.reduce((longest, row) => {
    const { text, spark } = column.cell(row)
    return Math.max(longest, spark ? spark.length : widthOf(text))
  }, widthOf(column.title))
  const min = snug ? Math.min(column.min, needed) : column.min
  return { ...column, min, max: Math.max(min, Math.min(column.max ?? needed, needed)) }
}

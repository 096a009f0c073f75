import { widthOf } from '../format/fit.ts'
import { sparkline } from '../format/sparkline.ts'
import type { Part } from './detail.ts'
import { GAP, layoutColumns, type Placed } from './layout.ts'
import type { Column } from './pane.ts'
import { cell, type Line, nameCell } from './parts.ts'

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
  const placed = layoutColumns(fitted(columns, rows, { snug }), width)
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
    if (column.isName) return gapped(nameCell(text, width, tone), index)
    return gapped(cell(spark ? sparkline(spark, width) : text, width, column.align, tone), index)
  })
}

function gapped(part: Part, index: number): Part[] {
  return index === 0 ? [part] : [{ text: ' '.repeat(GAP) }, part]
}

/** Columns that are no wider than their longest cell needs; of sparklines, only with `snug`: they grow with each sample. */
export function fitted<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { snug = false }: { snug?: boolean } = {},
): Column<Row>[] {
  return columns.map((column) => {
    // On the screen, the title may have an arrow.
    const titled = widthOf(column.title) + (snug ? 0 : 1)
    const needed = rows.reduce((longest, row) => {
      const { text, spark } = column.cell(row)
      const most = snug ? spark?.length : spark && (column.max ?? spark.length)
      return Math.max(longest, most ?? widthOf(text))
    }, titled)
    // Texts seldom change their widths; numbers do all the time, and columns shall not jump.
    const isSteady = column.align === 'left' && !column.isLast && column.min !== column.max
    const min = snug || isSteady ? Math.min(column.min, needed) : column.min
    return { ...column, min, max: Math.max(min, Math.min(column.max ?? needed, needed)) }
  })
}

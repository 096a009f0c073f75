import { GLYPHS } from '../../format/glyphs.ts'
import type { Part } from '../detail.ts'
import { GAP, type Placed } from '../layout.ts'
import { cell, type Line, part } from '../parts.ts'
import type { Sort } from '../rows.ts'

const BETWEEN = part(' '.repeat(GAP))

/** Titles of the columns; the one that is sorted by has an arrow. */
export function headOf<Row>(placed: readonly Placed<Row>[], sort: Sort | undefined): Line {
  return joined(
    placed.map(({ column, width }) => {
      const arrow = column.id === sort?.column ? arrowOf(sort) : ''
      const { text } = cell(column.title, width - arrow.length, column.align)
      const title = arrow === '' ? text : column.align === 'right' ? text + arrow : beside(text, arrow)
      return { text: title, tone: arrow === '' ? 'dim' : 'accent', bold: true }
    }),
  )
}

function joined(parts: readonly Part[]): Line {
  return parts.flatMap((one, at) => (at === 0 ? [one] : [BETWEEN, one]))
}

/** The arrow right after the title. */
function beside(text: string, arrow: string): string {
  const title = text.trimEnd()
  return title + arrow + ' '.repeat(text.length - title.length)
}

function arrowOf({ descending }: Sort): string {
  if (GLYPHS.ellipsis === '…') return descending ? '▼' : '▲'
  return descending ? 'v' : '^'
}

import { describe, expect, it } from 'vitest'
import { layoutColumns, nextSort } from '../../../../src/ui/dash/layout.ts'
import type { Column } from '../../../../src/ui/dash/pane.ts'
import { textOfLine, widthOfLine } from '../../../../src/ui/dash/parts.ts'
import { listRows } from '../../../../src/ui/dash/rows.ts'
import { headOf } from '../../../../src/ui/dash/screen/table.ts'
import { tableLines } from '../../../../src/ui/dash/table-lines.ts'
import { exampleSnapshot } from '../../../support/snapshots.ts'

interface Item {
  name: string
  size: number | null
}

function column(id: string, min: number, drop: number, max?: number): Column<Item> {
  return {
    id,
    title: id.toUpperCase(),
    align: 'left',
    min,
    drop,
    ...(max === undefined ? {} : { max }),
    cell: () => ({ text: '' }),
    sortBy: () => null,
  }
}

const columns = [
  column('name', 10, 0, 20),
  column('kind', 6, 2, 8),
  column('size', 5, 1),
  column('last', 5, 2),
]
const widths = (width: number) =>
  layoutColumns(columns, width).map(({ column, width }) => `${column.id} ${width}`)

describe('columns of a table', () => {
  it('take what they need at least, those that lack least grow first, and the first without an end takes the rest', () => {
    expect(widths(32)).toEqual(['name 10', 'kind 6', 'size 5', 'last 5'])
    expect(widths(40)).toEqual(['name 16', 'kind 8', 'size 5', 'last 5'])
    expect(widths(100)).toEqual(['name 20', 'kind 8', 'size 61', 'last 5'])
  })

  it('go where there is no room for them: the highest number first, of equal ones the last', () => {
    expect(widths(31)).toEqual(['name 14', 'kind 8', 'size 5'])
    expect(widths(24)).toEqual(['name 17', 'size 5'])
    expect(widths(16)).toEqual(['name 16'])
  })

  it('grow before those that are marked as last', () => {
    const trend = { ...column('trend', 10, 0, 12), isLast: true }
    const grown = (width: number) => layoutColumns([column('a', 10, 0, 20), trend], width)
    expect(grown(28).map(({ width }) => width)).toEqual([16, 10])
    expect(grown(34).map(({ width }) => width)).toEqual([20, 12])
  })

  it('are as wide as their longest text, and of names that are too long both ends are seen', () => {
    const rows = ['agent:stream:evaluation.started', 'agent:stream:evaluation.cancelled', 'x']
    const name = { ...column('name', 10, 0), isName: true, cell: (text: string) => ({ text }) }
    const { sortBy: _, ...shown } = name
    const draw = (width: number) => tableLines<string>([shown], rows, width).rows.map(textOfLine)
    expect(draw(80)).toEqual(rows.map((text) => text.padEnd(33)))
    expect(draw(20)).toEqual(['agent:…ation.started', 'agent:…ion.cancelled', 'x'.padEnd(20)])
  })

  it('of a sparkline do not grow with each sample', () => {
    const trend = { ...column('trend', 10, 0, 30), cell: (spark: number[]) => ({ text: '', spark }) }
    const { sortBy: _, ...shown } = trend
    const width = (samples: number) =>
      widthOfLine(tableLines<number[]>([shown], [Array<number>(samples).fill(1)], 80).head)
    expect([width(1), width(29), width(60)]).toEqual([30, 30, 30])
  })

  it('are narrowed where even those that stay do not fit', () => {
    expect(layoutColumns([column('a', 10, 0), column('b', 4, 0)], 10).map(({ width }) => width)).toEqual([
      4, 4,
    ])
    expect(layoutColumns([column('a', 10, 0)], 3).map(({ width }) => width)).toEqual([3])
  })

  it('never take more than there is', () => {
    for (let width = 1; width < 200; width++) {
      const placed = layoutColumns(columns, width)
      const taken = placed.reduce((sum, { width }) => sum + width, 2 * (placed.length - 1))
      expect(taken).toBeLessThanOrEqual(Math.max(width, 1))
    }
  })

  it('are sorted by in turn; those that cannot be are passed over', () => {
    const { sortBy: _, ...plain } = column('plain', 5, 0)
    const all = [...columns, plain]
    expect(nextSort(all, null)).toBe('name')
    expect(nextSort(all, 'name')).toBe('kind')
    expect(nextSort(all, 'last')).toBe('name')
    expect(nextSort([plain], null)).toBeNull()
  })

  it('show by an arrow what they are sorted by', () => {
    const head = headOf(layoutColumns(columns, 40), { column: 'size', descending: true })
    expect(head.map(({ text }) => text).join('')).toBe('NAME              KIND      SIZE▼  LAST ')
  })
})

describe('rows of a table', () => {
  const pane = {
    name: 'streams' as const,
    title: 'Streams',
    columns: [
      { ...column('name', 10, 0), sortBy: (item: Item) => item.name },
      { ...column('size', 5, 0), sortBy: (item: Item) => item.size },
    ],
    rows: () => [
      { name: 'worker-10', size: 1 },
      { name: 'worker-2', size: null },
      { name: 'gateway-1', size: 30 },
    ],
    key: (item: Item) => item.name,
    text: (item: Item) => item.name,
    empty: '',
  }
  const names = (...args: [filter: string, sort?: { column: string; descending: boolean }]) =>
    listRows(pane, exampleSnapshot(), ...args).map(({ name }) => name)

  it('are sorted as people count, and those without a value come last either way', () => {
    expect(names('', { column: 'name', descending: false })).toEqual(['gateway-1', 'worker-2', 'worker-10'])
    expect(names('', { column: 'size', descending: false })).toEqual(['worker-10', 'gateway-1', 'worker-2'])
    expect(names('', { column: 'size', descending: true })).toEqual(['gateway-1', 'worker-10', 'worker-2'])
    expect(names('')).toEqual(['worker-10', 'worker-2', 'gateway-1'])
  })

  it('pass the filter when they have all of its words, in any case and order', () => {
    expect(names('WORKER')).toEqual(['worker-10', 'worker-2'])
    expect(names(' 2  work ')).toEqual(['worker-2'])
    expect(names('nobody')).toEqual([])
  })
})

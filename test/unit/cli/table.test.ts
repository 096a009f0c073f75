import { describe, expect, it } from 'vitest'
import { type Column, renderTable } from '../../../src/cli/table.ts'

interface Row {
  name: string
  size: string
  note: string
}
const columns: Column<Row>[] = [
  { title: 'NAME', value: (row) => row.name },
  { title: 'SIZE', value: (row) => row.size, align: 'right' },
  { title: 'NOTE', value: (row) => row.note, wide: true },
]

describe('renderTable', () => {
  it('aligns text to the left and numbers to the right', () => {
    const rows = [
      { name: 'gateway-1', size: '7', note: '' },
      { name: 'w', size: '12345', note: '' },
    ]
    expect(renderTable(rows, columns).split('\n')).toEqual([
      'NAME        SIZE',
      'gateway-1      7',
      'w          12345',
    ])
  })

  it('counts columns of the terminal, not characters', () => {
    const rows = [
      { name: '日本', size: '1', note: '' },
      { name: '👋', size: '2', note: '' },
      { name: '\u001b[31mred\u001b[39m', size: '3', note: '' },
    ]
    expect(renderTable(rows, columns).split('\n')).toEqual([
      'NAME  SIZE',
      '日本     1',
      '👋       2',
      '\u001b[31mred\u001b[39m      3',
    ])
  })

  it('shows some columns only when there is room', () => {
    const rows = [{ name: 'a', size: '1', note: 'x' }]
    expect(renderTable(rows, columns)).not.toContain('NOTE')
    expect(renderTable(rows, columns, true)).toContain('NOTE')
  })

  it('is the head line alone when there are no rows, and ends no line with spaces', () => {
    expect(renderTable([], columns)).toBe('NAME  SIZE')
    const rows = [{ name: 'long name', size: '1', note: '' }]
    for (const line of renderTable(rows, columns, true).split('\n')) expect(line).toBe(line.trimEnd())
  })
})

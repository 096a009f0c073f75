import { wrap } from '../../format/fit.ts'
import { plain, plainLines } from '../../format/plain.ts'
import type { DetailLine, Part } from '../detail.ts'
import type { Column, Tone } from '../pane.ts'
import { cell, part } from '../parts.ts'
import { tableLines } from '../table-lines.ts'

/** A name and what there is to say of it; left out where that is null. */
export type Fact = readonly [label: string, value: string | null, tone?: Tone]

/** Cells of the names of facts. */
const LABEL = 12

/** Facts, one below the other; long ones are wrapped. */
export function facts(all: readonly Fact[], width: number): DetailLine[] {
  return all.flatMap(([label, value, tone]) => {
    if (value === null || value === '') return []
    const lines = plainLines(value).flatMap((line) => wrap(line, width - LABEL))
    return lines.map((text, index) => ({
      parts: [cell(index === 0 ? label : '', LABEL, 'left', 'dim'), part(text, tone)],
    }))
  })
}

/** A title with a blank line above it. */
export function heading(title: string, note = ''): DetailLine[] {
  const parts: Part[] = [{ text: title, bold: true }]
  return [{ parts: [] }, { parts: note === '' ? parts : [...parts, part(`  ${note}`, 'dim')] }]
}

/** One line that says why there is nothing else. */
export function remark(text: string, width: number): DetailLine[] {
  return wrap(plain(text), width).map((line) => ({ parts: [part(line, 'dim')] }))
}

/** A table whose rows can be selected. */
export function list<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
  selectable: (row: Row) => Omit<DetailLine, 'parts'>,
): DetailLine[] {
  const { head, rows: lines } = tableLines(columns, rows, width)
  return [{ parts: head }, ...rows.map((row, at) => ({ ...selectable(row), parts: lines[at] ?? [] }))]
}

/** Fields of an entry, each below its name; what is JSON is written with a line for each part. */
export function fieldLines(fields: Readonly<Record<string, string>>, width: number): DetailLine[] {
  return Object.entries(fields).flatMap(([name, value]) => {
    const lines = plainLines(readable(value)).flatMap((line) => wrapIndented(line, width - 2))
    return [
      { parts: [part(name === '' ? '(no name)' : plain(name), 'accent')] },
      ...lines.map((text) => ({ parts: [part(`  ${text}`)] })),
    ]
  })
}

/** What is longer is shown as it is: writing it anew would take too long. */
const LONGEST_JSON = 100_000

function readable(value: string): string {
  if (value.length > LONGEST_JSON || !/^\s*[[{]/.test(value)) return value
  try {
    return JSON.stringify(JSON.parse(value), null, 2)
  } catch {
    return value
  }
}

/** What is wrapped stays as far to the right as its first line. */
function wrapIndented(line: string, width: number): string[] {
  const indent = Math.min(/^ */.exec(line)?.[0].length ?? 0, Math.floor(width / 2))
  const space = ' '.repeat(indent)
  return wrap(line.slice(indent), width - indent).map((text) => space + text)
}

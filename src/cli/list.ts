import { type Column, renderTable } from './table.ts'

/** A list in one of the forms of `-o`. */
export function renderList<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  form: string,
  name: (row: T) => string,
): string {
  if (form === 'json') return JSON.stringify(rows, null, 2)
  if (form === 'ndjson') return rows.map((row) => JSON.stringify(row)).join('\n')
  if (form === 'name') return rows.map(name).join('\n')
  return renderTable(rows, columns, form === 'wide')
}

/** Facts about one thing, one a line. */
export function renderFacts(facts: readonly (readonly [label: string, value: string])[]): string {
  const width = Math.max(...facts.map(([label]) => label.length))
  return facts.map(([label, value]) => `${label.padEnd(width)}  ${value}`.trimEnd()).join('\n')
}

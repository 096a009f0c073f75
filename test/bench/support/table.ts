/** Lays out rows in columns: the first one to the left, numbers to the right. The first row is the header. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    widths.map((width, i) => (i === 0 ? (row[i] ?? '').padEnd(width) : (row[i] ?? '').padStart(width))),
  )
  const rule = widths.map((width) => '─'.repeat(width))
  return [...lines.slice(0, 1), rule, ...lines.slice(1)].map((cells) => cells.join('  ')).join('\n')
}

/** As many digits as say something: 0.42, 4.2, 42. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  return value.toFixed(size >= 100 ? 0 : size >= 1 ? 1 : 2)
}

/** The same as a table for Markdown. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const rule = (rows[0] ?? []).map((_, i) => (i === 0 ? '---' : '--:'))
  return [...rows.slice(0, 1), rule, ...rows.slice(1)].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

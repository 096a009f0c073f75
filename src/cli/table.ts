import stringWidth from 'string-width'

export type Align = 'left' | 'right'

export interface Column<T> {
  title: string
  value(row: T): string
  align?: Align
  /** Shown with `-o wide` only. */
  wide?: boolean
}

/** Rows as aligned text with a head line, two spaces between columns, no borders: easy to read and to cut. */
export function renderTable<T>(rows: readonly T[], columns: readonly Column<T>[], wide = false): string {
  const shown = columns.filter((column) => wide || !column.wide)
  const cells = [
    shown.map((column) => column.title),
    ...rows.map((row) => shown.map((column) => column.value(row))),
  ]
  const widths = shown.map((_, i) => Math.max(...cells.map((line) => stringWidth(line[i] ?? ''))))
  return cells
    .map((line) =>
      line
        .map((text, i) => pad(text, widths[i] ?? 0, shown[i]?.align ?? 'left'))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function pad(text: string, width: number, align: Align): string {
  const space = ' '.repeat(Math.max(0, width - stringWidth(text)))
  return align === 'right' ? space + text : text + space
}

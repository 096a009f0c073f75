import { parse } from 'csv-parse/sync'
import { MAX_LINE, type TextLine } from './lines.ts'

/** A record of a CSV file: its cells, or why there are none. */
export interface CsvRecord extends TextLine {
  cells: readonly string[]
}

const OPEN = 'has a quote that is not closed'

/**
 * The records of a CSV file (RFC 4180), the head first. A quoted cell may go over several lines. A record that cannot be
 * understood costs the line it begins on and no more: reading goes on with the line after that, so that a quote that is
 * never closed does not swallow the rest of the file.
 */
export async function* readRecords(
  lines: AsyncIterable<TextLine>,
  delimiter: string,
): AsyncGenerator<CsvRecord> {
  const reading = lines[Symbol.asyncIterator]()
  let ahead: TextLine[] = []
  let columns: number | undefined

  const next = async (): Promise<TextLine | undefined> => {
    const known = ahead.shift()
    if (known !== undefined) return known
    const { value, done } = await reading.next()
    return done ? undefined : value
  }

  /** Lines until every quote is closed. */
  async function collect(first: TextLine): Promise<{ text: string; more: TextLine[]; open: boolean }> {
    const more: TextLine[] = []
    let open = isOdd(first.text)
    let size = first.text.length
    while (open && size <= MAX_LINE) {
      const line = await next()
      if (line === undefined) break
      more.push(line)
      if (line.problem !== undefined) break
      size += line.text.length + 1
      open = isOdd(line.text) ? !open : open
    }
    return { text: [first, ...more].map(({ text }) => text).join('\n'), more, open }
  }

  for (let first = await next(); first !== undefined; first = await next()) {
    if (first.problem === undefined && first.text.trim() === '') continue
    if (first.problem !== undefined) {
      yield { ...first, cells: [] }
      continue
    }
    const { text, more, open } = await collect(first)
    const read = open ? OPEN : cellsOf(text, delimiter, columns)
    if (typeof read === 'string') {
      ahead = [...more, ...ahead]
      // What was found wrong may be on a line that has nothing to do with this one but for its quote.
      const alone = more.length > 0 ? cellsOf(first.text, delimiter, columns) : read
      yield { ...first, cells: [], problem: typeof alone === 'string' ? alone : read }
      continue
    }
    columns ??= read.length
    yield { line: first.line, text, end: more.at(-1)?.end ?? first.end, cells: read }
  }
}

function isOdd(text: string): boolean {
  let odd = false
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) odd = !odd
  return odd
}

/** The cells of one record, or what is wrong with it. */
function cellsOf(text: string, delimiter: string, columns: number | undefined): string[] | string {
  try {
    const [cells = []] = parse(text, { delimiter, relax_column_count: true })
    if (columns === undefined || cells.length === columns) return cells
    return `has ${cells.length} cells, and the head has ${columns}`
  } catch (error) {
    return MEANING[(error as { code?: string }).code ?? ''] ?? `cannot be read: ${(error as Error).message}`
  }
}

const MEANING: Readonly<Record<string, string>> = {
  INVALID_OPENING_QUOTE: 'has a quote within a cell that does not begin with one (write "" for a quote)',
  CSV_INVALID_CLOSING_QUOTE: 'has something between the end of a quoted cell and the next cell',
  CSV_QUOTE_NOT_CLOSED: OPEN,
}

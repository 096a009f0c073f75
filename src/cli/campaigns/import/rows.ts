import { readRecords } from './csv-records.ts'
import { type CsvPlan, eventOfCells, planOf } from './csv-row.ts'
import type { FieldMap } from './field-map.ts'
import { eventOfText } from './json-row.ts'
import { splitLines, type TextLine } from './lines.ts'

/** What one line of a file holds: an event as it is to be registered, or why there is none. */
export interface Row extends TextLine {
  event?: Record<string, unknown>
}

export type Format = 'ndjson' | 'csv'

export interface RowOptions {
  format: Format
  map: FieldMap
  /** Of CSV: what is between two cells. */
  delimiter: string
  /** Of CSV: numbers and truth values below `data` stay texts. */
  asText: boolean
}

/**
 * The events of a file, in order. A line that holds none is told as such, and keeps no other from being read.
 * @throws AgentctlError CAMPAIGN_FILE_INVALID when the head of a CSV file cannot be used
 */
export function readRows(chunks: AsyncIterable<Buffer>, options: RowOptions): AsyncGenerator<Row> {
  const lines = splitLines(chunks)
  return options.format === 'csv' ? csvRows(lines, options) : jsonRows(lines, options)
}

async function* jsonRows(lines: AsyncIterable<TextLine>, { map }: RowOptions): AsyncGenerator<Row> {
  for await (const line of lines) {
    if (line.problem === undefined && line.text.trim() === '') continue
    yield line.problem === undefined ? rowOf(line, eventOfText(line.text, map)) : line
  }
}

async function* csvRows(lines: AsyncIterable<TextLine>, options: RowOptions): AsyncGenerator<Row> {
  let plan: CsvPlan | undefined
  for await (const record of readRecords(lines, options.delimiter)) {
    const { cells, ...line } = record
    if (plan === undefined) plan = planOf(record, options.map, options.asText)
    else {
      const known = plan
      yield line.problem === undefined ? rowOf(line, eventOfCells(cells, known)) : line
    }
  }
}

/** @param made the event, or what is wrong with the line */
function rowOf(line: TextLine, made: Record<string, unknown> | string): Row {
  return typeof made === 'string' ? { ...line, problem: made } : { ...line, event: made }
}

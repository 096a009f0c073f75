import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { invalid, reasonOf } from '../json-file.ts'
import { eventOf } from './import-events.ts'
import type { LineSet } from './line-set.ts'
import { type Row, type RowOptions, readRows } from './rows.ts'
import type { SourceFile } from './source-file.ts'

/**
 * Writes what was not registered as NDJSON that can be imported again: events with the ids under which they were sent, so
 * that none of them is registered twice, and lines that hold no event as they are, to be corrected by hand.
 * @param done lines that were registered
 * @throws AgentctlError CAMPAIGN_FILE_INVALID when it cannot be written
 */
export async function writeFailures(
  file: string,
  source: Pick<SourceFile, 'read'>,
  rows: RowOptions,
  runId: string,
  done: LineSet,
): Promise<void> {
  async function* lines() {
    for await (const row of readRows(source.read(), rows)) {
      if (!done.has(row.line)) yield `${lineOf(row, rows, runId)}\n`
    }
  }
  try {
    await pipeline(Readable.from(lines()), createWriteStream(file))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error
    throw invalid(file, reasonOf(error as NodeJS.ErrnoException))
  }
}

/** A record of CSV that could not be read is written as a JSON string, since it would be no line of NDJSON. */
function lineOf(row: Row, { format }: RowOptions, runId: string): string {
  const event = eventOf(row, runId)
  if (event !== undefined) return JSON.stringify(event)
  return format === 'csv' ? JSON.stringify(row.text) : row.text
}

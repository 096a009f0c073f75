import { createWriteStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { kernelError } from '../../../runtime/kernel/index.ts'
import { invalid, reasonOf } from '../json-file.ts'
import { eventOf } from './import-events.ts'
import type { LineSet } from './line-set.ts'
import { type Row, type RowOptions, readRows } from './rows.ts'
import type { SourceFile } from './source-file.ts'

/**
 * Looks before anything is sent whether failures can be written there; what is there stays for now.
 * @param source the file that is imported, `-` for stdin: by whatever name, it must not be written over while it is read
 * @throws AgentctlError CAMPAIGN_FILE_INVALID, CONFIG_INVALID
 */
export async function checkFailuresFile(file: string, source: string): Promise<void> {
  try {
    const there = source === '-' ? undefined : await stat(source)
    const opened = await open(file, 'a')
    const { dev, ino } = await opened.stat().finally(() => opened.close())
    if (there?.dev === dev && there.ino === ino)
      throw kernelError('CONFIG_INVALID', '--failures: is the file that is imported', { field: 'failures' })
  } catch (error) {
    throw asInvalid(file, error)
  }
}

/**
 * Writes what was not registered as NDJSON that can be imported again: events with the ids under which they were sent, so
 * that none of them is registered twice, and lines that hold no event as they are, to be corrected by hand. Of those that
 * are too long or no text the beginning has to do.
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
    throw asInvalid(file, error)
  }
}

function asInvalid(file: string, error: unknown): unknown {
  const failed = error as NodeJS.ErrnoException
  return failed.syscall === undefined ? error : invalid(file, reasonOf(failed))
}

/** A record of CSV that could not be read is written as a JSON string, since it would be no line of NDJSON. */
function lineOf(row: Row, { format }: RowOptions, runId: string): string {
  const event = eventOf(row, runId)
  if (event !== undefined) return JSON.stringify(event)
  return format === 'csv' ? JSON.stringify(row.text) : row.text
}

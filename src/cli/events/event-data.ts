import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { busError } from '../../runtime/bus/index.ts'
import { messageOf } from '../../runtime/kernel/index.ts'

/**
 * The data named on the command line: JSON, `-` for stdin, or `{}` when nothing is said.
 * @throws AgentctlError EVENT_DATA_INVALID
 */
export async function readData(
  argument: string | undefined,
  input: NodeJS.ReadableStream = process.stdin,
): Promise<unknown> {
  if (argument === undefined) return {}
  return parseData(argument === '-' ? await text(input) : argument)
}

/** The data of many events, one JSON value a line; empty lines are skipped. */
export async function* readDataLines(
  input: NodeJS.ReadableStream = process.stdin,
): AsyncGenerator<{ line: number; text: string }> {
  let line = 0
  for await (const content of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    line++
    if (content.trim() !== '') yield { line, text: content }
  }
}

/** @throws AgentctlError EVENT_DATA_INVALID */
export function parseData(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw busError('EVENT_DATA_INVALID', `it is no JSON: ${messageOf(cause)}`, { cause, field: 'data' })
  }
}

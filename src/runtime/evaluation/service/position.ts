import { httpError } from '../../platform/http/index.ts'
import type { OutputName } from '../../sandbox/index.ts'
import type { OutputEntry } from './output-entry.ts'

/** What a client has of the output of an evaluation: of which attempt, and how many characters (UTF-16) of each stream. */
export interface Position {
  attempt: number
  stdout: number
  stderr: number
  /** It has been told the end. */
  ended: boolean
}

export const BEGIN: Position = { attempt: 0, stdout: 0, stderr: 0, ended: false }

/**
 * A position as the id of an event: `ATTEMPT-STDOUT-STDERR`, with `-end` after the end. It depends neither on the stream of
 * live output nor on its ids, so that a client can go on where it was after the stream has gone.
 */
export function toEventId({ attempt, stdout, stderr, ended }: Position): string {
  return `${attempt}-${stdout}-${stderr}${ended ? '-end' : ''}`
}

/** @throws AgentctlError HTTP_INVALID */
export function parsePosition(id: string): Position {
  const [, attempt, stdout, stderr, end] = /^(\d{1,4})-(\d{1,8})-(\d{1,8})(-end)?$/.exec(id) ?? []
  if (attempt === undefined)
    throw httpError('HTTP_INVALID', 'last_event_id: is no id of this stream', { field: 'last_event_id' })
  return {
    attempt: Number(attempt),
    stdout: Number(stdout),
    stderr: Number(stderr),
    ended: end !== undefined,
  }
}

/** The part of an entry that is new at a position; '' when there is none, or when what comes before it is missing. */
export function newText(at: Position, { name, at: begins, text }: Omit<OutputEntry, 'kind'>): string {
  const have = at[name]
  return begins > have ? '' : text.slice(have - begins)
}

export function advance(at: Position, name: OutputName, text: string): Position {
  return { ...at, [name]: at[name] + text.length }
}

/** Whether something was sent that a new attempt makes void. */
export const hasOutput = ({ stdout, stderr }: Position) => stdout + stderr > 0

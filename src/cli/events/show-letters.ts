import { createDeadLetters } from '../../runtime/bus/index.ts'
import { renderList } from '../list.ts'
import { redisOnly } from '../streams/stream-flags.ts'
import { withRedis } from '../with-redis.ts'
import { letterColumns } from './event-tables.ts'
import { renderLetter, toLetterRow } from './letters.ts'

export interface Shown {
  /** For people. */
  text: string
  /** For --json. */
  value: unknown
  /** Where the next page begins, if there is one. */
  next?: string
}

interface ShowFlags {
  from?: string | undefined
  count: number
  output: string
}

export async function showLetters(type: string, flags: ShowFlags & Record<string, unknown>): Promise<Shown> {
  const page = { limit: flags.count, ...(flags.from === undefined ? {} : { from: flags.from }) }
  const { letters, next } = await withRedis(redisOnly, flags, (redis) =>
    createDeadLetters({ redis }).show(type, page),
  )
  const rows = letters.map(toLetterRow)
  const isTable = flags.output === 'table' || flags.output === 'wide'
  const text = isTable
    ? renderList(letters, letterColumns(Date.now()), flags.output, ({ id }) => id)
    : renderList(rows, [], flags.output, ({ id }) => id)
  return { text, value: { letters: rows, next }, ...(next === null ? {} : { next }) }
}

export async function showLetter(
  type: string,
  id: string,
  flags: ShowFlags & Record<string, unknown>,
): Promise<Shown> {
  const letter = await withRedis(redisOnly, flags, (redis) => createDeadLetters({ redis }).get(type, id))
  const value = toLetterRow(letter)
  if (flags.output === 'json') return { value, text: JSON.stringify(value, null, 2) }
  if (flags.output === 'ndjson') return { value, text: JSON.stringify(value) }
  return { value, text: flags.output === 'name' ? letter.id : renderLetter(letter) }
}

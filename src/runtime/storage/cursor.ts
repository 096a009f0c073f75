import { z } from 'zod'
import { evaluationError } from '../evaluation/index.ts'

/** Where a list is: at this row. */
export interface Position {
  listed_at: string
  eval_id: string
}

const position = z.tuple([z.iso.datetime(), z.string().max(200)])

/** What the next page is asked for with. Its form is nobody's business. */
export function cursorOf({ listed_at, eval_id }: Position): string {
  return Buffer.from(JSON.stringify([listed_at, eval_id])).toString('base64url')
}

/** @throws AgentctlError EVAL_CURSOR_INVALID */
export function positionOf(cursor: string): Position {
  try {
    const [listed_at, eval_id] = position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
    return { listed_at, eval_id }
  } catch {
    throw evaluationError(
      'EVAL_CURSOR_INVALID',
      `${JSON.stringify(cursor.slice(0, 100))} is no place in the list`,
      {
        field: 'after',
      },
    )
  }
}

import { evaluationError } from '../errors.ts'
import type { EvaluationRows, Facts, Status } from '../messages.ts'
import type { Records } from '../records.ts'
import { isEvalId } from './eval-id.ts'

/** Finds what is known of an evaluation: in its record, and once that is gone in its row. */
export interface Lookup {
  /** @throws AgentctlError EVAL_ROWS_AWAY when there is no record and the rows cannot be read */
  find(id: string): Promise<Facts | undefined>
  /** @throws AgentctlError EVAL_UNKNOWN, EVAL_ROWS_AWAY */
  get(id: string): Promise<Facts>
  /** @throws AgentctlError EVAL_ROWS_AWAY */
  status(id: string): Promise<Status | undefined>
  /** Whether there is a database to look into. */
  readonly hasRows: boolean
}

export function createLookup(
  records: Pick<Records, 'read' | 'readState'>,
  rows: EvaluationRows | undefined,
): Lookup {
  async function find(id: string): Promise<Facts | undefined> {
    return (await records.read(id)) ?? (await rows?.get(id))
  }
  return {
    hasRows: rows !== undefined,
    find,
    async get(id) {
      const known = isEvalId(id) ? await find(id) : undefined
      if (known) return known
      throw unknownEvaluation(id)
    },
    status: async (id) => ((await records.readState(id)) ?? (await rows?.get(id)))?.status,
  }
}

export function unknownEvaluation(id: string): Error {
  return evaluationError('EVAL_UNKNOWN', `there is no evaluation ${JSON.stringify(id.slice(0, 100))}`, {
    field: 'eval_id',
  })
}

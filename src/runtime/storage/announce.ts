import { type EventTarget, emitEvaluationEvent, isTerminal, type Records } from '../evaluation/index.ts'
import type { StoredRow } from './rows.ts'

/**
 * Tells that rows are stored, and lets go of the records of what has ended. What was stored before may have been told or not,
 * if a process ended in between: it is told again, with the same ids, which makes no second event.
 * @param traces by evaluation: runs what is told of it as part of the trace its report came in
 */
export async function announceRows(
  rows: readonly StoredRow[],
  to: EventTarget,
  records: Pick<Records, 'settleSoon'>,
  traces: ReadonlyMap<string, <T>(work: () => T) => T> = new Map(),
): Promise<void> {
  const here = <T>(work: () => T) => work()
  const tellInTrace = (row: StoredRow) => (traces.get(row.eval_id) ?? here)(() => tell(row, to))
  const ended = rows.filter(({ status }) => isTerminal(status)).map(({ eval_id }) => eval_id)
  await Promise.all([...rows.flatMap(tellInTrace), records.settleSoon(ended)])
}

function tell({ eval_id, seq, status, change }: StoredRow, to: EventTarget): Promise<void>[] {
  const data = { eval_id, status, seq }
  const created = (again: boolean) =>
    emitEvaluationEvent(to, 'storage.evaluation.created', data, `${eval_id}.created`, { again })
  const updated = (again: boolean) =>
    emitEvaluationEvent(to, 'storage.evaluation.updated', data, `${eval_id}.${seq}.updated`, { again })
  if (change === 'created') return [created(false)]
  return change === 'updated' ? [updated(false)] : [created(true), updated(true)]
}

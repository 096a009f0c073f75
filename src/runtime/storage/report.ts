import { type Facts, facts, type Records } from '../evaluation/index.ts'
import { FatalError } from '../kernel/index.ts'

/**
 * What an event reports.
 * @throws FatalError when it is none of an evaluation
 */
export function reportOf(data: unknown): Facts {
  const { success, data: report, error } = facts.safeParse(data)
  if (success) return report
  const issue = error.issues[0]
  throw new FatalError(`no report on an evaluation: ${issue?.path.join('.') || 'data'}: ${issue?.message}`)
}

/**
 * Adds what did not fit into the event. Where the record has gone, the row is to say at least that there was more.
 * @param onMissing told when the record has gone
 */
export async function withOutput(
  report: Facts,
  records: Pick<Records, 'read'>,
  onMissing: () => void,
): Promise<Facts> {
  if (!report.output_in_record) return report
  const known = await records.read(report.eval_id)
  if (known?.stdout === undefined && known?.stderr === undefined) {
    onMissing()
    return { ...report, truncated: true }
  }
  return { ...report, stdout: known.stdout ?? '', stderr: known.stderr ?? '' }
}

import { isTerminal } from '../messages.ts'
import type { EvaluateTools } from './tools.ts'
import { infraError } from './verdict.ts'

/** Ends an evaluation whose job cannot be understood, such as one of another version of this program. */
export async function endUnreadable(id: string, why: string, tools: EvaluateTools): Promise<void> {
  const { records, emit, announce, worker, now } = tools
  tools.log.error({ evaluation: id, reason: why }, 'a job cannot be understood')
  const attempts = (await records.readState(id))?.attempts ?? 0
  const end = { ...infraError(`its job cannot be understood: ${why}`), attempts, worker }
  const finished_at = new Date(now()).toISOString()
  const { facts, won } = await records.finish(id, attempts, { ...end, finished_at })
  if (!isTerminal(facts.status)) return
  if (won) tools.onEnded?.(facts)
  await Promise.all([emit(facts, { again: true }), announce(id)])
}

import { type Facts, mergeFacts } from '../evaluation/index.ts'

/** Fields that the reports of several attempts tell, and that of the end too: of each it matters which report it is from. */
export const TOLD_OFTEN = ['started_at', 'attempts', 'executor', 'worker', 'backend'] as const
type ToldOften = (typeof TOLD_OFTEN)[number]

/** What some reports on one evaluation say together. */
export interface Merged {
  facts: Facts
  /** Of the reports that are in here, in order. */
  seqs: number[]
  /** Which report a field is from that several tell. */
  reported: Partial<Record<ToldOften, number>>
}

export function mergedOf(facts: Facts): Merged {
  const told = TOLD_OFTEN.filter((field) => facts[field] !== undefined)
  return {
    facts,
    seqs: [facts.seq],
    reported: Object.fromEntries(told.map((field) => [field, facts.seq])),
  }
}

/**
 * As `mergeFacts`, and in addition associative: whatever comes together first, and in whatever order, the result is the same.
 * The upsert in rows.ts does the same in SQL.
 */
export function merge(a: Merged, b: Merged): Merged {
  const facts: Facts = mergeFacts(a.facts, b.facts)
  const reported = { ...a.reported }
  for (const field of TOLD_OFTEN) {
    const [inA, inB] = [a.reported[field] ?? 0, b.reported[field] ?? 0]
    if (inA + inB === 0) continue
    Object.assign(facts, { [field]: (inA >= inB ? a : b).facts[field] })
    reported[field] = Math.max(inA, inB)
  }
  return { facts, seqs: [...new Set([...a.seqs, ...b.seqs])].sort((x, y) => x - y), reported }
}

/** One for each evaluation. */
export function mergeAll(reports: readonly Facts[]): Merged[] {
  const merged = new Map<string, Merged>()
  for (const report of reports) {
    const one = mergedOf(report)
    const known = merged.get(report.eval_id)
    merged.set(report.eval_id, known === undefined ? one : merge(known, one))
  }
  return [...merged.values()]
}

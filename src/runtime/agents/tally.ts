import type { Batch } from '../campaigns/index.ts'
import type { Item } from './batches.ts'
import { type EventReport, type Failure, MAX_FAILURES } from './messages.ts'

/** What is known of a run at a moment. */
export type EventProgress = Pick<EventReport, 'total' | 'registered' | 'known' | 'failed'>

/** Why an event was not registered. */
export type Reason = Pick<Failure, 'code' | 'detail' | 'retryable' | 'field'>

/** Counts what becomes of the events of a run. */
export interface Tally {
  progress(): EventProgress
  /** What the service has answered about these events. */
  take(items: readonly Item[], answer: Batch): void
  fail(items: readonly Item[], reason: Reason): void
  /** Events that nobody has tried to register: they are told of together, after all others. */
  skip(items: readonly Item[]): void
  failures(skippedBecause: Reason | undefined): Failure[]
}

/** Characters of a detail: reports travel in one piece. */
const LONGEST_DETAIL = 300

export function createTally(): Tally {
  const counts = { total: 0, registered: 0, known: 0, failed: 0 }
  const failures: Failure[] = []
  let skipped = 0
  let firstSkipped: Item | undefined

  function note({ index, id }: Item, { detail, ...reason }: Reason): void {
    counts.failed += 1
    // The last place is for those that were skipped.
    if (failures.length >= MAX_FAILURES - 1) return
    failures.push({ index, event_id: id, detail: cut(detail), ...reason })
  }

  return {
    progress: () => ({ ...counts }),
    take(items, { results }) {
      counts.total += items.length
      const byIndex = new Map(results.map((result) => [result.index, result]))
      items.forEach((item, i) => {
        const result = byIndex.get(i)
        if (result?.outcome === 'registered') counts.registered += 1
        else if (result?.outcome === 'known') counts.known += 1
        else {
          const {
            code = 'CAMPAIGN_EVENT_INVALID',
            detail = 'the service did not say why',
            field,
          } = result?.error ?? {}
          note(item, { code, detail, retryable: false, ...(field === undefined ? {} : { field }) })
        }
      })
    },
    fail(items, reason) {
      counts.total += items.length
      for (const item of items) note(item, reason)
    },
    skip(items) {
      counts.total += items.length
      counts.failed += items.length
      skipped += items.length
      firstSkipped ??= items[0]
    },
    failures(because) {
      const inOrder = failures.toSorted((a, b) => a.index - b.index)
      if (!firstSkipped || !because) return inOrder
      const { detail, ...reason } = because
      const what = `${skipped} ${skipped === 1 ? 'event was' : 'events were'} not tried, from this one on: ${detail}`
      return [
        ...inOrder,
        { index: firstSkipped.index, event_id: firstSkipped.id, detail: cut(what), ...reason },
      ]
    },
  }
}

function cut(text: string): string {
  return text.length <= LONGEST_DETAIL ? text : `${text.slice(0, LONGEST_DETAIL - 1)}…`
}

import type { DeadLetterRow, QueueRow, Snapshot } from '../../../runtime/dashboard/index.ts'
import { compact } from '../../format/number.ts'
import { type Finding, some } from './finding.ts'
import { isGrowing } from './tones.ts'

/** Events that were given up, jobs that have failed, queues that fill up. */
export function findInWork({ dead_letters: letters, queues }: Snapshot): Finding[] {
  const most = letters.filter(({ count }) => count > 0).toSorted((a, b) => b.count - a.count)
  const failed = queues.filter((row) => row.failed > 0).toSorted((a, b) => b.failed - a.failed)
  const growing = queues.filter((row) => isGrowing(row.history))
  return [
    ...some(most, tellLetters, (count) => `${count} more types of events have dead letters`),
    ...some(failed, tellFailed, (count) => `${count} more queues have failed jobs`),
    ...some(growing, tellGrowing, (count) => `${count} more queues fill up`),
  ]
}

function tellLetters({ type, count }: DeadLetterRow): Finding {
  const what = `${counted(count, 'dead letter')} of ${type}`
  return { tone: 'warn', what, pane: 'letters' }
}

function tellFailed({ name, failed }: QueueRow): Finding {
  return { tone: 'warn', what: `${counted(failed, 'failed job')} in queue ${name}`, pane: 'overview' }
}

function tellGrowing({ name, waiting }: QueueRow): Finding {
  return { tone: 'warn', what: `Queue ${name} fills up: ${compact(waiting)} jobs wait`, pane: 'overview' }
}

function counted(count: number, what: string): string {
  return `${compact(count)} ${what}${count === 1 ? '' : 's'}`
}

import type { ContenderName } from './contenders/contender.ts'
import type { Round } from './round.ts'
import { ratio, type Summary } from './summary.ts'

/** What the bus is to reach against another in the same run. */
interface Bar {
  what: 'publish' | 'endToEnd'
  name: string
  against: readonly ContenderName[]
  factor: number
  /** Whether being just as fast is enough. */
  inclusive: boolean
}

const BARS: readonly Bar[] = [
  { what: 'endToEnd', name: 'ioredis loop, end to end', against: ['raw'], factor: 0.8, inclusive: true },
  { what: 'publish', name: 'ioredis loop, publishing', against: ['raw'], factor: 0.9, inclusive: true },
  { what: 'endToEnd', name: 'BullMQ, end to end', against: ['bullmq'], factor: 2, inclusive: false },
  {
    what: 'endToEnd',
    name: '@moleculer/channels at its best, end to end',
    against: ['moleculer-100', 'moleculer-10'],
    factor: 5,
    inclusive: false,
  },
]

/** One line for each bar whose contenders ran. */
export function bars(summaries: readonly Summary[], rounds: readonly Round[]): string[] {
  return BARS.flatMap(({ what, name, against, factor, inclusive }) => {
    const best = summaries
      .filter(({ contender }) => against.includes(contender))
      .reduce<Summary | undefined>((a, b) => (a && a[what].median >= b[what].median ? a : b), undefined)
    const ours = best && ratio(rounds, 'agentctl', best.contender, what)
    if (!ours) return []
    const met = inclusive ? ours.median >= factor : ours.median > factor
    const bar = `${inclusive ? 'at least' : 'more than'} ×${factor}`
    return [`- Ours ÷ ${name}: ×${ours.median.toFixed(2)}, bar ${bar}: ${met ? 'met' : 'NOT MET'}`]
  })
}

import { median } from '../support/statistics.ts'
import type { ContenderName } from './contenders/contender.ts'
import type { Cost } from './cost.ts'
import type { Round } from './round.ts'

/** The middle of several rounds, and how far they were apart. */
export interface Spread {
  median: number
  min: number
  max: number
}

/** All rounds of one contender. */
export interface Summary {
  contender: ContenderName
  /** Events a second. */
  publish: Spread
  endToEnd: Spread
  /** Milliseconds. */
  p50: Spread
  p99: Spread
  publishCost: Cost
  endToEndCost: Cost
}

export function summarize(contender: ContenderName, all: readonly Round[]): Summary {
  const rounds = all.filter((round) => round.contender === contender)
  const over = (value: (round: Round) => number) => spread(rounds.map(value))
  const cost = (of: (round: Round) => Cost): Cost => ({
    publisher: over((round) => of(round).publisher).median,
    consumer: over((round) => of(round).consumer).median,
    redis: over((round) => of(round).redis).median,
  })
  return {
    contender,
    publish: over((round) => round.publish.rate),
    endToEnd: over((round) => round.endToEnd.rate),
    p50: over((round) => round.latency.p50),
    p99: over((round) => round.latency.p99),
    publishCost: cost((round) => round.publish.cost),
    endToEndCost: cost((round) => round.endToEnd.cost),
  }
}

/**
 * How one contender compares to another, taken repeat by repeat, so that a machine that is slow for a while
 * counts for both. Undefined where one of them did not run.
 */
export function ratio(
  rounds: readonly Round[],
  of: ContenderName,
  to: ContenderName,
  what: 'publish' | 'endToEnd',
): Spread | undefined {
  const rates = (name: ContenderName) =>
    new Map(
      rounds.filter(({ contender }) => contender === name).map((round) => [round.repeat, round[what].rate]),
    )
  const [ones, others] = [rates(of), rates(to)]
  const ratios = [...ones].map(([repeat, rate]) => rate / (others.get(repeat) ?? Number.NaN))
  return ratios.length > 0 && ratios.every(Number.isFinite) ? spread(ratios) : undefined
}

function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) }
}

/** A rate that was tried, and whether it was good enough. */
export interface Trial {
  readonly rate: number
  readonly passed: boolean
}

export interface SearchOptions {
  /** Per second: tried first. */
  readonly start: number
  /** How near the highest good rate and the lowest bad one must be, as a share of the good one. */
  readonly precision: number
  /** Trials at most. */
  readonly most: number
}

export const SEARCH: SearchOptions = { start: 50, precision: 0.05, most: 20 }
/** Per second: below, nothing is found; above, no plan may ask for it. */
const LOWEST = 0.1
const HIGHEST = 1_000_000

/**
 * The next rate to try in the search for the highest that is good: doubled until one is bad (or halved until one is good), then the
 * geometric middle between the best good one and the lowest bad one above it. Undefined when it is found, or not to be found.
 */
export function nextRate(
  trials: readonly Trial[],
  { start, precision, most }: SearchOptions,
): number | undefined {
  if (trials.length >= most) return undefined
  if (trials.length === 0) return start
  const good = highestGood(trials)
  const bad = lowestBad(trials)
  if (good === undefined) return bad === undefined || bad / 2 < LOWEST ? undefined : bad / 2
  if (bad === undefined) return good * 2 > HIGHEST ? undefined : good * 2
  return bad <= good * (1 + precision) ? undefined : rounded(Math.sqrt(good * bad), good, bad)
}

/** The highest rate that was good with no bad one below it; undefined without one. */
export function highestGood(trials: readonly Trial[]): number | undefined {
  const bad = lowestBad(trials) ?? Number.POSITIVE_INFINITY
  const good = trials.filter(({ rate, passed }) => passed && rate < bad).map(({ rate }) => rate)
  return good.length === 0 ? undefined : Math.max(...good)
}

/** One bad trial below good ones counts: what does not hold reliably does not hold. */
function lowestBad(trials: readonly Trial[]): number | undefined {
  const bad = trials.filter(({ passed }) => !passed).map(({ rate }) => rate)
  return bad.length === 0 ? undefined : Math.min(...bad)
}

/** Three digits are enough, where they are still between the two. */
function rounded(rate: number, good: number, bad: number): number {
  const short = Number(rate.toPrecision(3))
  return short > good && short < bad ? short : rate
}

import type { Buckets } from './parse.ts'

/** How many values there are in all. */
export function totalOf({ counts }: Buckets): number {
  return counts.at(-1) ?? 0
}

/**
 * What was added since an earlier look. A counter that is smaller than it was began anew with its process: then everything it
 * has counted was added since.
 */
export function growth(before: Buckets | undefined, now: Buckets): Buckets {
  if (before === undefined || !sameBounds(before, now)) return now
  const counts = now.counts.map((count, i) => count - (before.counts[i] ?? 0))
  return counts.some((count) => count < 0) ? now : { bounds: now.bounds, counts }
}

/** All values of both. Where their bounds differ, those that both have remain: counts up to a bound add up, whatever lies between. */
export function merge(a: Buckets, b: Buckets): Buckets {
  if (sameBounds(a, b))
    return { bounds: a.bounds, counts: a.counts.map((count, i) => count + (b.counts[i] ?? 0)) }
  const inB = new Map(b.bounds.map((bound, i) => [bound, b.counts[i] ?? 0]))
  const shared = a.bounds
    .map((bound, i) => [bound, a.counts[i] ?? 0] as const)
    .filter(([bound]) => inB.has(bound))
  return {
    bounds: shared.map(([bound]) => bound),
    counts: shared.map(([bound, count]) => count + (inB.get(bound) ?? 0)),
  }
}

function sameBounds(a: Buckets, b: Buckets): boolean {
  if (a.bounds === b.bounds) return true
  return a.bounds.length === b.bounds.length && a.bounds.every((bound, i) => bound === b.bounds[i])
}

export interface Estimate {
  /** In the unit of the bounds. */
  value: number
  /** It lies above the last finite bound: the value is at least so much. */
  open: boolean
}

/**
 * Estimates a quantile as `histogram_quantile` of Prometheus does: values are taken to be spread evenly within their bucket,
 * the first of which begins at zero; for the open bucket at the end the highest finite bound is returned.
 * @param q from 0 to 1
 * @returns undefined where nothing was counted
 */
export function quantile({ bounds, counts }: Buckets, q: number): Estimate | undefined {
  const total = counts.at(-1) ?? 0
  if (total === 0 || bounds.length < 2) return undefined
  const rank = q * total
  const at = counts.findIndex((count) => count >= rank)
  const upper = bounds[at] ?? Number.POSITIVE_INFINITY
  if (upper === Number.POSITIVE_INFINITY) return { value: bounds[bounds.length - 2] ?? 0, open: true }
  const [below, inside] = [counts[at - 1] ?? 0, counts[at] ?? 0]
  const lower = at > 0 ? (bounds[at - 1] ?? 0) : Math.min(0, upper)
  if (inside === below) return { value: upper, open: false }
  return { value: lower + ((upper - lower) * (rank - below)) / (inside - below), open: false }
}

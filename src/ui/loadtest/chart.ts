import { GLYPHS } from '../format/glyphs.ts'

/** What a bucket of a histogram counts: from the first up to the second, in milliseconds. */
export type BoundsOf = (index: number) => [number, number]

/** Counts in columns of equal width on a logarithmic axis. */
export interface Distribution {
  readonly counts: readonly number[]
  /** Where the axis begins and ends, in milliseconds. */
  readonly from: number
  readonly to: number
}

/** Below it nothing is told apart: a microsecond. */
const LEAST = 0.001

/**
 * Shares the buckets of a log-linear histogram out among so many columns. The axis is logarithmic, since latencies differ by orders
 * of magnitude. Null without samples.
 */
export function distribute(
  histogram: readonly (readonly [number, number])[],
  boundsOf: BoundsOf,
  columns: number,
): Distribution | null {
  const filled = histogram.filter(([, count]) => count > 0)
  if (filled.length === 0 || columns < 1) return null
  const middles = filled.map(([index]) => middleOf(boundsOf(index)))
  const from = middles.reduce((a, b) => Math.min(a, b))
  const to = middles.reduce((a, b) => Math.max(a, b))
  const span = Math.log(to / from)
  const counts = new Array<number>(columns).fill(0)
  for (const [at, [, count]] of filled.entries()) {
    const share = span === 0 ? 0.5 : Math.log((middles[at] ?? from) / from) / span
    const column = Math.min(columns - 1, Math.floor(share * columns))
    counts[column] = (counts[column] ?? 0) + count
  }
  return { counts, from, to }
}

function middleOf([low, high]: [number, number]): number {
  return Math.max(LEAST, Number.isFinite(high) ? (low + high) / 2 : low)
}

/** Counts as upright bars in so many lines, the highest in full; whatever is above zero is seen. Top line first. */
export function uprightBars(
  counts: readonly number[],
  lines: number,
  levels: string = GLYPHS.levels,
): string[] {
  const highest = counts.reduce((max, count) => Math.max(max, count), 0)
  const steps = counts.map((count) =>
    count <= 0 || highest === 0 ? 0 : Math.max(1, Math.round((count / highest) * lines * levels.length)),
  )
  return Array.from({ length: lines }, (_, line) => {
    const below = (lines - 1 - line) * levels.length
    return steps.map((step) => block(step - below, levels)).join('')
  })
}

function block(step: number, levels: string): string {
  return step <= 0 ? ' ' : (levels[Math.min(step, levels.length) - 1] ?? ' ')
}

/** A bar of at most `width` cells for a share from 0 to 1; whatever is above zero is seen. */
export function flatBar(share: number, width: number): string {
  const known = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0
  const cells = known === 0 ? 0 : Math.max(1, Math.round(known * width))
  return GLYPHS.full.repeat(Math.min(width, cells))
}

// Log-linear buckets as in Gil Tene's HdrHistogram: each power of two is divided into equally many parts. Below 2,048 µs a bucket
// is one microsecond; from there on its width is at most a 1,024th of its values, so that its middle is off by 0.05 % at most.

const PART_BITS = 10
const PARTS = 1 << PART_BITS
/** Microseconds up to 2³², which is 71 minutes, and one bucket for all beyond. */
export const BUCKETS = (32 - PART_BITS + 1) * PARTS + 1
const OVERFLOW = BUCKETS - 1
const LIMIT = 2 ** 32

/** Sums beside the buckets, so that mean and extremes are exact. */
const COUNT = 0
const SUM = 1
const SQUARES = 2
const LEAST = 3
const MOST = 4
const FIELDS = 5
const HEAD_BYTES = FIELDS * 8

/** Bytes of shared memory that a histogram takes: 92 KB. A multiple of eight. */
export const HISTOGRAM_BYTES = HEAD_BYTES + Math.ceil((BUCKETS * 4) / 8) * 8

/** Milliseconds, counted. One thread writes, any may read. */
export interface Histogram {
  /** Durations below 0 count as 0; those of more than 71 minutes share one bucket. */
  record(milliseconds: number): void
  readonly count: number
  readonly min: number
  readonly max: number
  readonly mean: number
  readonly stddev: number
  /** @param q from 0 to 1; nearest rank, off by 0.05 % or half a microsecond at most. NaN without samples. */
  percentile(q: number): number
  /** Adds what another one has counted. */
  add(other: Histogram): void
  clear(): void
  /** Index and count of each bucket that is not empty. */
  sparse(): [number, number][]
  readonly buckets: Uint32Array
  readonly sums: Float64Array
}

/** Reads and writes the histogram at `offset` of memory that may be shared; fresh memory is an empty one. */
export function histogramOn(memory: ArrayBufferLike, offset = 0): Histogram {
  const sums = new Float64Array(memory, offset, FIELDS)
  const buckets = new Uint32Array(memory, offset + HEAD_BYTES, BUCKETS)
  const sum = (field: number): number => sums[field] as number

  return {
    buckets,
    sums,
    record(milliseconds) {
      const value = milliseconds > 0 ? milliseconds : 0
      const index = indexOf(value)
      buckets[index] = (buckets[index] as number) + 1
      if (sum(COUNT) === 0 || value < sum(LEAST)) sums[LEAST] = value
      if (value > sum(MOST)) sums[MOST] = value
      sums[SUM] = sum(SUM) + value
      sums[SQUARES] = sum(SQUARES) + value * value
      sums[COUNT] = sum(COUNT) + 1
    },
    get count() {
      return sum(COUNT)
    },
    get min() {
      return sum(COUNT) === 0 ? Number.NaN : sum(LEAST)
    },
    get max() {
      return sum(COUNT) === 0 ? Number.NaN : sum(MOST)
    },
    get mean() {
      return sum(SUM) / sum(COUNT)
    },
    get stddev() {
      const mean = sum(SUM) / sum(COUNT)
      return Math.sqrt(Math.max(0, sum(SQUARES) / sum(COUNT) - mean * mean))
    },
    percentile(q) {
      return percentileOf(buckets, q, sum(LEAST), sum(MOST))
    },
    add(other) {
      if (other.count === 0) return
      sums[LEAST] = sum(COUNT) === 0 ? other.min : Math.min(sum(LEAST), other.min)
      sums[MOST] = Math.max(sum(MOST), other.max)
      for (const field of [COUNT, SUM, SQUARES]) sums[field] = sum(field) + (other.sums[field] as number)
      for (let i = 0; i < BUCKETS; i++) buckets[i] = (buckets[i] as number) + (other.buckets[i] as number)
    },
    clear() {
      sums.fill(0)
      buckets.fill(0)
    },
    sparse() {
      const found: [number, number][] = []
      for (let i = 0; i < BUCKETS; i++) if (buckets[i] !== 0) found.push([i, buckets[i] as number])
      return found
    },
  }
}

export function createHistogram(): Histogram {
  return histogramOn(new ArrayBuffer(HISTOGRAM_BYTES))
}

function indexOf(milliseconds: number): number {
  const micros = Math.round(milliseconds * 1_000)
  if (micros >= LIMIT) return OVERFLOW
  const shift = Math.max(0, 31 - Math.clz32(micros) - PART_BITS)
  return (shift << PART_BITS) + (micros >>> shift)
}

/** What a bucket counts: from the first up to, not including, the second, in milliseconds. */
export function boundsOf(index: number): [number, number] {
  if (index >= OVERFLOW) return [(LIMIT - 0.5) / 1_000, Number.POSITIVE_INFINITY]
  const shift = Math.max(0, (index >>> PART_BITS) - 1)
  const first = (index - (shift << PART_BITS)) * 2 ** shift
  // Microseconds are rounded before they are counted.
  return [Math.max(0, first - 0.5) / 1_000, (first + 2 ** shift - 0.5) / 1_000]
}

/** The same from the sparse form, as it is in results. */
export function percentileOfSparse(sparse: readonly (readonly [number, number])[], q: number): number {
  const count = sparse.reduce((sum, [, each]) => sum + each, 0)
  if (count === 0) return Number.NaN
  const rank = rankOf(q, count)
  let seen = 0
  for (const [index, each] of sparse) {
    seen += each
    if (seen >= rank) return middleOf(index, Number.POSITIVE_INFINITY)
  }
  return Number.NaN
}

/** A writer in another thread may be at work: the count is taken from the buckets, so that rank and buckets fit. */
function percentileOf(buckets: Uint32Array, q: number, least: number, most: number): number {
  let count = 0
  for (let i = 0; i < BUCKETS; i++) count += buckets[i] as number
  if (count === 0) return Number.NaN
  const rank = rankOf(q, count)
  let seen = 0
  for (let i = 0; i < BUCKETS; i++) {
    seen += buckets[i] as number
    if (seen >= rank) return Math.min(most, Math.max(least, middleOf(i, most)))
  }
  return most
}

function rankOf(q: number, count: number): number {
  return Math.min(count, Math.max(1, Math.ceil(q * count - 1e-9)))
}

function middleOf(index: number, most: number): number {
  const [from, to] = boundsOf(index)
  return to === Number.POSITIVE_INFINITY ? Math.max(from, most === to ? from : most) : (from + to) / 2
}

import type { OpenLoad } from '../plan.ts'
import { createRandom } from './random.ts'

/** One operation of an open loop, before it is begun. */
export interface Due {
  /** Milliseconds since the run began, warm-up included. */
  readonly at: number
  /** From 0, over all threads; different for each operation of a run. */
  readonly index: number
  /** False in the warm-up. */
  readonly measured: boolean
}

/** When operations are due. */
export interface Schedule {
  /** The next one of this thread; undefined after the last. */
  next(): Due | undefined
}

export interface ScheduleOptions {
  readonly load: OpenLoad
  /** Milliseconds at the full rate before measuring. */
  readonly warmup: number
  readonly seed: number
  /** Which thread of how many. */
  readonly thread: number
  readonly threads: number
}

/** A stretch of time in which the rate rises first and is constant then. */
interface Stretch {
  readonly from: number
  readonly length: number
  readonly ramp: number
  readonly measured: boolean
}

/**
 * Times of an open loop, each computed by itself so that nothing adds up. Of constant arrivals thread k of n takes each n-th;
 * Poisson arrivals are drawn in each thread at its share of the rate, which together is the same as one process at the whole.
 */
export function createSchedule(options: ScheduleOptions): Schedule {
  const { load, warmup } = options
  const stretches: Stretch[] = [
    { from: 0, length: warmup, ramp: 0, measured: false },
    { from: warmup, length: load.duration, ramp: load.ramp, measured: true },
  ]
  const arrivals = load.arrivals === 'poisson' ? poisson(stretches, options) : constant(stretches, options)
  return { next: () => arrivals.next().value ?? undefined }
}

function* constant(
  stretches: Stretch[],
  { load, thread, threads }: ScheduleOptions,
): Generator<Due, undefined> {
  const rate = load.rate / 1_000
  let before = 0
  for (const stretch of stretches) {
    const count = arrivalsIn(stretch.length, rate, stretch.ramp)
    // The first of this thread, counted over the whole run.
    let n = (thread - (before % threads) + threads) % threads
    for (; n < count; n += threads) {
      yield {
        at: stretch.from + timeOf(n, rate, stretch.ramp),
        index: before + n,
        measured: stretch.measured,
      }
    }
    before += count
  }
  return undefined
}

function* poisson(
  stretches: Stretch[],
  { load, seed, thread, threads }: ScheduleOptions,
): Generator<Due, undefined> {
  const rate = load.rate / 1_000 / threads
  const random = createRandom(seed * 64 + thread)
  let index = thread
  for (const { from, length, ramp, measured } of stretches) {
    // Arrivals at a rate of one, bent by the inverse of how many are due until a time (Lewis and Shedler, 1979, by inversion).
    let unit = -Math.log(1 - random())
    for (let at = timeOf(unit, rate, ramp); at < length; at = timeOf(unit, rate, ramp)) {
      yield { at: from + at, index, measured }
      unit -= Math.log(1 - random())
      index += threads
    }
  }
  return undefined
}

/** How many operations are due before `time`, at a rate per millisecond that is reached after `ramp`; the first is due at 0. */
function arrivalsIn(time: number, rate: number, ramp: number): number {
  const area = time < ramp ? (rate * time * time) / (2 * ramp) : rate * (time - ramp / 2)
  // What rounding has added or taken must not make one operation.
  return Math.ceil(area - 1e-9 * Math.max(1, area))
}

/** When `n` operations were due before: the inverse of the above. */
function timeOf(n: number, rate: number, ramp: number): number {
  const inRamp = (rate * ramp) / 2
  return n < inRamp ? Math.sqrt((2 * ramp * n) / rate) : n / rate + ramp / 2
}

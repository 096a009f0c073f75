import { now } from '../support/clock.ts'
import { percentile } from '../support/statistics.ts'
import type { Publisher } from './contenders/contender.ts'
import { IN_FLIGHT, makeData } from './events.ts'

/** From the first call to the last answer, on the clock of `now()`. */
export interface Span {
  from: number
  to: number
}

/** Publishes as fast as it goes, with 50 under way. */
export async function publishFast(publisher: Publisher, first: number, count: number): Promise<Span> {
  const end = first + count
  const from = now()
  await (publisher.publishMany ? publishBatches() : Promise.all(Array.from({ length: IN_FLIGHT }, loop)))
  return { from, to: now() }

  async function loop(): Promise<void> {
    while (first < end) await publisher.publish(makeData(first++))
  }

  async function publishBatches(): Promise<void> {
    for (; first < end; first += IN_FLIGHT) {
      const length = Math.min(IN_FLIGHT, end - first)
      await publisher.publishMany?.(Array.from({ length }, (_, i) => makeData(first + i)))
    }
  }
}

/**
 * Publishes `rate` events a second, whether or not the ones before are stored.
 * @returns milliseconds by which events were late, 99th percentile: the publisher's own trouble
 */
export async function publishSteadily(
  publisher: Publisher,
  first: number,
  count: number,
  rate: number,
): Promise<number> {
  const underWay: Promise<unknown>[] = []
  const lags: number[] = []
  const begun = now()
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      // By the clock, not by the timer: whatever is due by now is sent.
      while (underWay.length < count && due() <= now()) {
        lags.push(now() - due())
        const publishing = publisher.publish(makeData(first + underWay.length))
        publishing.catch(() => {}) // told by what is awaited below
        underWay.push(publishing)
      }
      if (underWay.length < count) return
      clearInterval(timer)
      resolve()
    }, 1)
  })
  await Promise.all(underWay)
  return percentile(lags, 0.99)

  function due(): number {
    return begun + (1_000 * underWay.length) / rate
  }
}

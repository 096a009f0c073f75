/** From 0 to below 1. */
export type Random = () => number

/** mulberry32: the same seed gives the same numbers. */
export function randomOf(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** With a mean of 1: the time between two arrivals that know nothing of each other. */
export function exponential(random: Random): number {
  return -Math.log(1 - random())
}

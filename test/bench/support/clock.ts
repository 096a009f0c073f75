/**
 * Milliseconds on the machine's monotonic clock. Unlike `performance.now()` it has the same zero in every
 * process, and unlike `Date.now()` it neither jumps nor rounds to whole milliseconds.
 */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

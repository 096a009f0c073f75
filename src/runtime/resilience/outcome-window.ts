import type { Clock } from './clock.ts'

/** Counts how work went during the last so many milliseconds, a tenth of them more or less. */
export interface OutcomeWindow {
  add(failed: boolean): void
  counts(): { total: number; failed: number }
  clear(): void
}

const SLICES = 10

export function createOutcomeWindow(clock: Clock, ms: number): OutcomeWindow {
  const width = ms / SLICES
  const slices = Array.from({ length: SLICES }, () => ({ number: -1, total: 0, failed: 0 }))
  const present = () => Math.floor(clock.now() / width)

  return {
    add(failed) {
      const number = present()
      const slice = slices[number % SLICES]
      if (!slice) return
      if (slice.number !== number) Object.assign(slice, { number, total: 0, failed: 0 })
      slice.total += 1
      if (failed) slice.failed += 1
    },
    counts() {
      const oldest = present() - SLICES
      let total = 0
      let failed = 0
      for (const slice of slices) {
        if (slice.number <= oldest) continue
        total += slice.total
        failed += slice.failed
      }
      return { total, failed }
    },
    clear() {
      for (const slice of slices) slice.number = -1
    },
  }
}

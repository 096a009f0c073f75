/** Milliseconds. */
export const SHORTEST = 250
export const LONGEST = 60_000

export function withinLimits(interval: number): number {
  return Math.min(LONGEST, Math.max(SHORTEST, Math.round(interval)))
}

/**
 * Milliseconds between the beginnings of two samples: as wanted, unless a sample takes more than half of that. Looking must
 * not become what Redis is busy with.
 */
export function paceFor(wanted: number, took: number): number {
  return Math.min(LONGEST, Math.max(wanted, Math.ceil(took * 2)))
}

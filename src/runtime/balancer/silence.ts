import type { Seen } from './pool.ts'

/** Tells which replicas hang. */
export interface Silence {
  /** @returns those that have been silent for so long that waiting for them makes no sense */
  hear(seen: readonly Seen[]): string[]
}

/**
 * @param patience sweeps in a row. When all are silent it is Redis that was away, and after an outage some are back before
 *   others: so a replica counts as hanging only when others have been heard of all that time.
 */
export function createSilence(patience = 3): Silence {
  let counts = new Map<string, number>()
  return {
    hear(seen) {
      const others = seen.some(({ place }) => place === 'here')
      const silent = others ? seen.filter(({ place }) => place === 'silent') : []
      counts = new Map(silent.map(({ url }) => [url, (counts.get(url) ?? 0) + 1]))
      return [...counts].filter(([, count]) => count >= patience).map(([url]) => url)
    },
  }
}

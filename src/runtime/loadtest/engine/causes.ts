/** Why operations have failed, by cause. */
export interface Causes {
  add(cause: string, by?: number): void
  /** Most frequent first. */
  list(): { cause: string; count: number }[]
}

/** Beyond so many the rest is counted together: a cause that is different each time must not fill memory and reports. */
const MOST = 50
const LONGEST = 160
export const OTHER_CAUSES = 'other causes'

export function createCauses(): Causes {
  const counts = new Map<string, number>()
  return {
    add(cause, by = 1) {
      const short = cause.length > LONGEST ? `${cause.slice(0, LONGEST - 1)}…` : cause
      const name = counts.has(short) || counts.size < MOST ? short : OTHER_CAUSES
      counts.set(name, (counts.get(name) ?? 0) + by)
    },
    list() {
      return [...counts]
        .map(([cause, count]) => ({ cause, count }))
        .sort((a, b) => b.count - a.count || a.cause.localeCompare(b.cause))
    },
  }
}

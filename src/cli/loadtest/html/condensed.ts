import type { Second } from '../../../runtime/loadtest/index.ts'

/** At most so many points: of those that share one, rates are averaged, and of latencies the worst is kept. */
export function condensed(timeline: readonly Second[], most: number): Second[] {
  const size = Math.ceil(timeline.length / most)
  if (size <= 1) return [...timeline]
  const groups = Array.from({ length: Math.ceil(timeline.length / size) }, (_, i) =>
    timeline.slice(i * size, (i + 1) * size),
  )
  return groups.map((group) => ({
    second: group.at(-1)?.second ?? 0,
    succeeded: sum(group, 'succeeded') / group.length,
    failed: sum(group, 'failed') / group.length,
    p50: worst(group, 'p50'),
    p99: worst(group, 'p99'),
    in_flight: Math.max(...group.map((second) => second.in_flight)),
  }))
}

function sum(group: readonly Second[], key: 'succeeded' | 'failed'): number {
  return group.reduce((total, second) => total + second[key], 0)
}

function worst(group: readonly Second[], key: 'p50' | 'p99'): number | null {
  const known = group.map((second) => second[key]).filter((value) => value !== null)
  return known.length === 0 ? null : Math.max(...known)
}

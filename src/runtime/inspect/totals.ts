import type { GroupSummary } from './groups.ts'

/** What one group has before it, in all streams that it reads. */
export interface GroupTotal {
  group: string
  lag: number
  lag_exact: boolean
  pending: number
  /** Null when it is unknown for a stream. */
  lost: number | null
  streams: Pick<GroupSummary, 'stream' | 'lag' | 'lag_exact' | 'pending' | 'lost'>[]
}

export function totalByGroup(groups: readonly GroupSummary[]): GroupTotal[] {
  const names = [...new Set(groups.map(({ group }) => group))].sort()
  return names.map((name) => {
    const own = groups.filter(({ group }) => group === name)
    const losses = own.map(({ lost }) => lost)
    return {
      group: name,
      lag: own.reduce((sum, { lag }) => sum + lag, 0),
      lag_exact: own.every(({ lag_exact }) => lag_exact),
      pending: own.reduce((sum, { pending }) => sum + pending, 0),
      lost: losses.some((lost) => lost === null)
        ? null
        : losses.reduce((sum: number, lost) => sum + (lost ?? 0), 0),
      streams: own.map(({ stream, lag, lag_exact, pending, lost }) => ({
        stream,
        lag,
        lag_exact,
        pending,
        lost,
      })),
    }
  })
}

import { NONE } from './number.ts'

type Maybe = number | null | undefined

/** Two units at most: 12s, 1m15s, 2h14m, 5d3h. What lies in the future by a skewed clock is 0s. */
export function age(ms: Maybe): string {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return NONE
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h${Math.floor(seconds / 60) % 60}m`
  return `${Math.floor(seconds / 86_400)}d${Math.floor(seconds / 3_600) % 24}h`
}

/** Since a moment in ISO 8601, seen from `now`; a dash where there is none, or it cannot be read. */
export function ageOf(time: string | null | undefined, now: number): string {
  return time === null || time === undefined ? NONE : age(now - Date.parse(time))
}

/** How long something took, with its unit: 0.42 ms, 3.4 ms, 340 ms, 1.25 s, 12.3 s, 2m5s. */
export function milliseconds(ms: Maybe): string {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return NONE
  if (!Number.isFinite(ms)) return '∞'
  const size = Math.abs(ms)
  if (size >= 99_950) return age(ms)
  if (size >= 999.5) return `${(ms / 1000).toFixed(size >= 9_995 ? 1 : 2)} s`
  if (size >= 99.95) return `${Math.round(ms)} ms`
  if (size >= 9.95) return `${Number(ms.toFixed(1))} ms`
  return ms === 0 ? '0 ms' : size < 0.01 ? '<0.01 ms' : `${Number(ms.toFixed(size < 0.995 ? 2 : 1))} ms`
}

/** Time of day, as people here read it: 14:03:59. */
export function clock(time: string | number): string {
  const date = new Date(time)
  if (Number.isNaN(date.getTime())) return NONE
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':')
}

import { z } from 'zod'

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Milliseconds of `"250ms"`, `"30s"`, `"1.5m"`, `"2h"`, `"1d"` or a bare number of milliseconds; undefined if it is none of these. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text.trim())
  if (!match) return undefined
  const unit = (match[2] ?? 'ms') as keyof typeof UNITS
  return Math.round(Number(match[1]) * UNITS[unit])
}

/** The shortest exact way to write a number of milliseconds: 60000 → "1m", 1500 → "1500ms". */
export function formatDuration(ms: number): string {
  for (const [unit, size] of Object.entries(UNITS).reverse()) {
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`
  }
  return `${ms}ms`
}

/** The longest time that timers understand, about 24 days. */
const LONGEST = 2_147_483_647

/** A zod type for a length of time of at least `min`, such as `1s`; its output is whole milliseconds. */
export function duration(min = '0ms') {
  const least = parseDuration(min) ?? 0
  return z.union([z.number(), z.string()]).transform((value, context) => {
    const ms = typeof value === 'number' ? Math.round(value) : parseDuration(value)
    if (ms !== undefined && ms >= least && ms <= LONGEST) return ms
    const message =
      ms === undefined || !Number.isFinite(ms)
        ? 'expected a duration such as 500ms, 30s, 5m or 1h'
        : `expected a duration between ${min} and 24d`
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })
}

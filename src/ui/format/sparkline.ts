import { GLYPHS } from './glyphs.ts'

/**
 * Draws numbers as columns of eighths, the newest at the right; what does not fit is left out at the left. Zero is the lowest
 * column and the highest of those shown is full; whatever is above zero is seen to be. Gaps (null, NaN) stay blank.
 * @param levels characters from nothing to the highest
 * @returns exactly `width` characters
 */
export function sparkline(
  values: readonly (number | null)[],
  width: number,
  levels: string = GLYPHS.levels,
): string {
  const shown = values.slice(-Math.max(0, width) || values.length)
  if (width <= 0) return ''
  const highest = shown.reduce<number>(
    (max, value) => (value !== null && Number.isFinite(value) && value > max ? value : max),
    0,
  )
  const columns = shown.map((value) => column(value, highest, levels)).join('')
  return ' '.repeat(width - shown.length) + columns
}

function column(value: number | null, highest: number, levels: string): string {
  if (value === null || Number.isNaN(value)) return ' '
  const top = levels.length - 1
  if (value <= 0) return levels[0] ?? ' '
  const level = value >= highest ? top : Math.ceil((value / highest) * top)
  return levels[Math.max(1, level)] ?? ' '
}

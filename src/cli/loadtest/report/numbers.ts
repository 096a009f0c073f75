/** Milliseconds to a hundredth, as the report of a load test writes them; `–` where there is nothing. */
export function millis(value: number | null | undefined): string {
  return isNumber(value) ? value.toFixed(2) : '–'
}

/** Seconds of milliseconds: `15.23s`. */
export const seconds = (ms: number) => `${(ms / 1_000).toFixed(2)}s`

/** `98.0%`; of nothing, 0. */
export function percent(part: number, whole: number): string {
  return `${(whole === 0 ? 0 : roundedDown((100 * part) / whole)).toFixed(1)}%`
}

/** 99.96 % are not 100.0 %: what is not everything is never shown as everything, nor something as nothing. */
function roundedDown(share: number): number {
  if (share < 100 && share > 99.9) return 99.9
  return share > 0 && share < 0.1 ? 0.1 : share
}

/** At most two decimals, none without need. */
export function plainNumber(value: number): string {
  return String(Math.round(value * 100) / 100)
}

function isNumber(value: number | null | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

/** Said instead of a number that there is none of. */
export const NONE = '-'

/** A number or nothing at all. */
type Maybe = number | null | undefined

const UNITS = ['', 'k', 'M', 'G', 'T', 'P'] as const

/** In at most five characters: 987, 9876, 12.3k, 123k, 1.23M. Fractions are rounded. */
export function compact(value: Maybe): string {
  if (value === null || value === undefined || Number.isNaN(value)) return NONE
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '-∞'
  if (value < 0) return `-${compact(-value)}`
  const whole = Math.round(value)
  return whole < 10_000 ? String(whole) : scaled(whole, 1000)
}

/** As `compact`, with a decimal where numbers are small: 0.25, 3.4, 12. Never `0` for what is above zero. */
export function decimal(value: Maybe): string {
  if (value === null || value === undefined || !(Math.abs(value) < 99.5)) return compact(value)
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size < 0.01) return value > 0 ? '<0.01' : '>-0.01'
  return String(Number(value.toFixed(size < 0.995 ? 2 : size < 9.95 ? 1 : 0)))
}

/** Events per second: 3.4/s, 12.3k/s. */
export function rate(value: Maybe): string {
  return value === null || value === undefined ? NONE : `${decimal(value)}/s`
}

/** 5825 → "5.7 KB": powers of 1024. */
export function bytes(value: Maybe): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE
  if (Math.abs(value) < 1024) return `${Math.round(value)} B`
  const power = Math.min(5, Math.floor(Math.log2(Math.abs(value)) / 10))
  const size = value / 1024 ** power
  const unit = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'][power]
  return `${Math.abs(size) < 99.95 ? size.toFixed(1) : Math.round(size)} ${unit}`
}

/** A share from 0 to 1: 0 %, 0.3 %, 12 %, 100 %. Never 100 % for less than everything, nor 0 % for more than nothing. */
export function percent(share: Maybe): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return NONE
  const value = share * 100
  if (value === 0 || value === 100) return `${value}%`
  if (value > 0 && value < 0.1) return '<0.1%'
  if (value > 99.9 && value < 100) return '>99.9%'
  if (Math.abs(value) < 9.95 || (value >= 99.5 && value < 100)) return `${value.toFixed(1)}%`
  return `${Math.round(value)}%`
}

/** Three digits and a unit. */
function scaled(value: number, base: number): string {
  let power = Math.min(UNITS.length - 1, Math.floor(Math.log(value) / Math.log(base) + 1e-9))
  let size = value / base ** power
  // 999,950 is not 1000k.
  if (size >= 999.5 && power < UNITS.length - 1) {
    power++
    size /= base
  }
  return `${digits(size)}${UNITS[power]}`
}

function digits(size: number): string {
  if (size >= 99.95) return String(Math.round(size))
  return size >= 9.995 ? size.toFixed(1) : size.toFixed(2)
}

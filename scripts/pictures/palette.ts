/** The sixteen colours of a terminal, and what is drawn on: a dark window looks right on pages of any colour. */
const SIXTEEN = [
  '#45475a',
  '#f38ba8',
  '#a6e3a1',
  '#f9e2af',
  '#89b4fa',
  '#f5c2e7',
  '#94e2d5',
  '#bac2de',
  '#6c7086',
  '#f38ba8',
  '#a6e3a1',
  '#f9e2af',
  '#89b4fa',
  '#f5c2e7',
  '#94e2d5',
  '#ffffff',
] as const

export const FOREGROUND = '#cdd6f4'
export const BACKGROUND = '#1e1e2e'
export const BAR = '#313244'
export const MUTED = '#9399b2'

/** A colour of the palette of 256, as xterm has it: sixteen, a cube of 6×6×6, and 24 greys. */
export function paletteColor(index: number): string {
  if (index < 16) return SIXTEEN[index] ?? FOREGROUND
  if (index >= 232) return rgb(Array<number>(3).fill(8 + (index - 232) * 10))
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40)
  const at = index - 16
  return rgb([level(Math.floor(at / 36)), level(Math.floor(at / 6) % 6), level(at % 6)])
}

/** 0xRRGGBB → "#rrggbb" */
export function trueColor(value: number): string {
  return `#${value.toString(16).padStart(6, '0')}`
}

function rgb(parts: readonly number[]): string {
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`
}

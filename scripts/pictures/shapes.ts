/** Size of a cell in pixels; the baseline of its text is `BASE` below its top. */
export const [WIDE, HIGH, BASE] = [8.4, 18, 13.5]

/** Sides of a cell that a line of a frame goes to from its middle. */
const LINES: Readonly<Record<string, string>> = {
  '─': 'lr',
  '━': 'lr',
  '│': 'ud',
  '┃': 'ud',
  '┌': 'rd',
  '┐': 'ld',
  '└': 'ru',
  '┘': 'lu',
  '╭': 'rd',
  '╮': 'ld',
  '╰': 'ru',
  '╯': 'lu',
  '├': 'udr',
  '┤': 'udl',
  '┬': 'lrd',
  '┴': 'lru',
  '┼': 'lrud',
}

/** A part of the drawing of one colour: filled, or a stroke. */
export interface Shape {
  kind: 'fill' | 'stroke'
  path: string
}

/**
 * Blocks and lines as shapes: fonts draw them with gaps, or as wide as they like. Undefined for what is text.
 * @param x left edge of the cell in pixels
 * @param y its upper edge
 */
export function shapeOf(char: string, x: number, y: number): Shape | undefined {
  const code = char.codePointAt(0) ?? 0
  // ▁ to █ fill the cell from below, ▉ to ▏ from the left, in eighths.
  if (code >= 0x2581 && code <= 0x2588)
    return fill(x, y + HIGH * (1 - (code - 0x2580) / 8), WIDE, (HIGH * (code - 0x2580)) / 8)
  if (code >= 0x2589 && code <= 0x258f) return fill(x, y, (WIDE * (0x2590 - code)) / 8, HIGH)
  if (char === '▀') return fill(x, y, WIDE, HIGH / 2)
  if (char === '▐') return fill(x + WIDE / 2, y, WIDE / 2, HIGH)
  const sides = LINES[char]
  return sides === undefined ? undefined : { kind: 'stroke', path: strokes(sides, x, y) }
}

function fill(x: number, y: number, width: number, height: number): Shape {
  return { kind: 'fill', path: `M${r(x)} ${r(y)}h${r(width)}v${r(height)}h${r(-width)}z` }
}

function strokes(sides: string, x: number, y: number): string {
  const [cx, cy] = [x + WIDE / 2, y + HIGH / 2]
  const to = (horizontal: number, vertical: number) => `M${r(cx)} ${r(cy)}l${r(horizontal)} ${r(vertical)}`
  return [...sides]
    .map((side) => {
      if (side === 'l') return to(-WIDE / 2, 0)
      if (side === 'r') return to(WIDE / 2, 0)
      return side === 'u' ? to(0, -HIGH / 2) : to(0, HIGH / 2)
    })
    .join('')
}

/** Two places behind the point are exact enough, and short. */
export function r(value: number): string {
  return String(Math.round(value * 100) / 100)
}

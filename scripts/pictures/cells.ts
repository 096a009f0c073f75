import type { IBufferCell } from '@xterm/headless'
import { BACKGROUND, FOREGROUND, paletteColor, trueColor } from './palette.ts'

/** One place of a screen. */
export interface Cell {
  text: string
  /** Columns: 0 behind a wide character. */
  width: number
  color: string
  /** Undefined where it is that of the window. */
  background: string | undefined
  bold: boolean
  dim: boolean
  italic: boolean
  underline: boolean
}

/** What a terminal shows, line by line. */
export interface Screen {
  cell(row: number, col: number): IBufferCell | undefined
  readonly rows: number
  readonly cols: number
}

export function readCells({ cell, rows, cols }: Screen): Cell[][] {
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: cols }, (_, col) => toCell(cell(row, col))),
  )
}

function toCell(cell: IBufferCell | undefined): Cell {
  const plain = { bold: false, dim: false, italic: false, underline: false }
  if (!cell) return { text: ' ', width: 1, color: FOREGROUND, background: undefined, ...plain }
  const front = cell.isFgDefault()
    ? undefined
    : cell.isFgRGB()
      ? trueColor(cell.getFgColor())
      : paletteColor(cell.getFgColor())
  const back = cell.isBgDefault()
    ? undefined
    : cell.isBgRGB()
      ? trueColor(cell.getBgColor())
      : paletteColor(cell.getBgColor())
  const inverse = cell.isInverse() !== 0
  return {
    text: cell.getChars() || ' ',
    width: cell.getWidth(),
    color: (inverse ? (back ?? BACKGROUND) : front) ?? FOREGROUND,
    background: inverse ? (front ?? FOREGROUND) : back,
    bold: cell.isBold() !== 0,
    dim: cell.isDim() !== 0,
    italic: cell.isItalic() !== 0,
    underline: cell.isUnderline() !== 0,
  }
}

import type { Size } from './model.ts'

/** How the lines of the screen are shared out. */
export interface Frame {
  readonly width: number
  /** All of it: one line less than the terminal has, so that nothing ever scrolls. */
  readonly height: number
  /** Between the tabs and the bottom. */
  readonly body: number
  /** Lines at the top of the body: titles of columns, or where one is. */
  readonly heading: number
  /** Lines at the end of the body that say what is not known. */
  readonly notes: number
  /** What is left for rows. */
  readonly page: number
}

export const SMALLEST: Size = { columns: 40, rows: 10 }

/** Header, tabs, status and keys. */
const AROUND = 4

export function isTooSmall({ columns, rows }: Size): boolean {
  return columns < SMALLEST.columns || rows < SMALLEST.rows
}

/** @param notes how many there are to say; few of them where there is little room */
export function frameOf(size: Size, hasBanner: boolean, heading: number, notes: number): Frame {
  const height = size.rows - 1
  const body = Math.max(1, height - AROUND - Number(hasBanner))
  const said = Math.min(notes, Math.floor(body / 5))
  return {
    width: size.columns,
    height,
    body,
    heading,
    notes: said,
    page: Math.max(1, body - heading - said),
  }
}

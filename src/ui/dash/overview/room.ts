import { LABEL } from './section.ts'

/** A line of a section: cells for a name and for a sparkline, of so many in all. */
export interface Room {
  readonly width: number
  readonly name: number
  /** 0 where there is too little left for one. */
  readonly spark: number
}

/** Cells of what stands between the name and the sparkline. */
const BETWEEN = 40
/** Cells of a sparkline: with fewer it says nothing, so many are kept free for it, and it gets no more. */
const SPARK = { least: 6, usual: 10, most: 60 }

/** Shares out what is left of lines of `width` cells to names, none of which is longer than `longest`, and sparklines. */
export function roomFor(width: number, longest: number): Room {
  const room = Math.max(8, width - LABEL - BETWEEN)
  const kept = Math.min(SPARK.usual, room - 26)
  const most = kept < SPARK.least ? room : room - kept - 2
  const name = Math.min(most, Math.max(8, longest))
  const spark = Math.min(SPARK.most, room - name - 2)
  return { width, name, spark: spark < SPARK.least ? 0 : spark }
}

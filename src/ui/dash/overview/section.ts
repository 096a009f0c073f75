import { cell, fitLine, type Line, part } from '../parts.ts'
import { allot } from './allot.ts'

/** Lines that belong together, with their name at the left. */
export interface Section {
  readonly label: string
  /** The most important first. */
  readonly rows: readonly Line[]
  /** The same with less of each, for when there is no room for a line each. */
  readonly short?: readonly Line[]
}

/** Cells of the names. */
export const LABEL = 9

/** Sections one below the other in at most `height` lines, with a blank line between them where there is room. */
export function stack(sections: readonly Section[], width: number, height: number): Line[] {
  const given = shares(sections, height)
  const lines = sections.map((section, index) => draw(section, given[index] ?? 0, width))
  const used = lines.reduce((sum, some) => sum + some.length, 0)
  const gaps = used + sections.length - 1 <= height
  return lines.flatMap((some, index) => (gaps && index > 0 && some.length > 0 ? [[], ...some] : some))
}

/** Lines for each section. What one leaves that is shown in short gets another. */
function shares(sections: readonly Section[], height: number): number[] {
  const given = allot(
    height,
    sections.map(({ rows }) => rows.length),
  )
  const wants = sections.map(({ rows, short }, index) =>
    short && (given[index] ?? 0) < rows.length ? short.length : rows.length,
  )
  return allot(height, wants)
}

/** Two stacks side by side. */
export function beside(left: readonly Line[], right: readonly Line[], width: number): Line[] {
  const half = Math.floor(width / 2)
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => [
    ...fitLine(left[index] ?? [], half),
    ...(right[index] ?? []),
  ])
}

function draw({ label, rows, short }: Section, lines: number, width: number): Line[] {
  if (lines === 0) return []
  return choose(rows, short, lines).map((row, index) =>
    fitLine([cell(index === 0 ? label : '', LABEL, 'left', 'dim'), ...row], width),
  )
}

function choose(rows: readonly Line[], short: readonly Line[] | undefined, lines: number): readonly Line[] {
  if (rows.length <= lines) return rows
  if (short) return short.slice(0, lines)
  if (lines < 3) return rows.slice(0, lines)
  return [...rows.slice(0, lines - 1), [part(`and ${rows.length - lines + 1} more`, 'dim')]]
}

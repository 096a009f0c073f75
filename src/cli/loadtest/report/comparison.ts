import type { ComparedRow } from '../../../runtime/loadtest/index.ts'
import { renderTable } from '../../table.ts'

/** A figure of two runs, and whether it has become worse by more than is allowed. */
export interface ComparisonRow extends ComparedRow {
  readonly worse: boolean
}

export const COMPARISON_HEAD = ['', 'before', 'now', 'change', ''] as const

/** What clients see. The rest says where their time goes, and is too small or too restless to judge by. */
const JUDGED = /^(rate|errors|(latency|first_token|delivery)\.\w+)$/

/**
 * Marks what has become worse of what clients see. Figures of too few samples are shown, and mark nothing.
 * @param tolerance percent of the old figure; of shares, that many points
 */
export function markWorse(rows: readonly ComparedRow[], tolerance: number): ComparisonRow[] {
  return rows.map((row) => ({ ...row, worse: !row.uncertain && isWorse(row, tolerance) }))
}

function isWorse({ name, better, change, old, new: now }: ComparedRow, tolerance: number): boolean {
  if (!JUDGED.test(name) || better === null || old === null || now === null) return false
  // From nothing, everything is more than it was.
  if (change === null) return better === 'lower' && now > old
  return better === 'lower' ? change > tolerance : change < -tolerance
}

/** The cells of a row, as text. */
export function comparisonCells(row: ComparisonRow): string[] {
  const note = row.worse ? 'worse' : row.uncertain ? 'too few samples' : ''
  return [row.name, figure(row.old, row.unit), figure(row.new, row.unit), changeText(row), note]
}

/** What clients see, and whatever else has changed, since an earlier run. @param file where that is */
export function comparisonLines(rows: readonly ComparisonRow[], file: string, tolerance: number): string[] {
  const count = rows.filter(({ worse }) => worse).length
  const verdict =
    count === 0
      ? `✓ Nothing is worse than in ${file} by more than ${tolerance}%.`
      : `✗ ${count} ${count === 1 ? 'figure is' : 'figures are'} worse than in ${file} by more than ${tolerance}%.`
  const columns = COMPARISON_HEAD.map((title, i) => ({
    title: i === 0 ? 'compared' : title,
    value: (row: ComparisonRow) => comparisonCells(row)[i] ?? '',
    align: i === 0 || i === 4 ? ('left' as const) : ('right' as const),
  }))
  const shown = rows.filter((row) => JUDGED.test(row.name) || Math.abs(row.change ?? 0) > tolerance)
  return [renderTable(shown, columns), verdict]
}

function figure(value: number | null, unit: ComparedRow['unit']): string {
  if (value === null || !Number.isFinite(value)) return '–'
  if (unit === '') return String(value)
  return unit === 'ms' ? `${value.toFixed(2)} ms` : `${value.toFixed(2)}${unit}`
}

function changeText({ change, unit }: ComparedRow): string {
  if (change === null || !Number.isFinite(change)) return '–'
  const text = `${change < 0 ? '−' : '+'}${Math.abs(change).toFixed(1)}`
  return unit === '%' ? `${text} points` : `${text}%`
}

import chalk, { type ChalkInstance } from 'chalk'
import type { Examination, Finding, Level } from '../../runtime/doctor/index.ts'
import { printable } from '../../runtime/platform/log/index.ts'
import type { Column } from '../table.ts'

const MARKS: Record<Level, { sign: string; color: ChalkInstance }> = {
  ok: { sign: '✓', color: chalk.green },
  info: { sign: 'i', color: chalk.cyan },
  warn: { sign: '!', color: chalk.yellow },
  error: { sign: '✗', color: chalk.red },
}

/** Findings by area; what is well is only counted unless it is to be shown. */
export function renderExamination({ findings, counts, context }: Examination, verbose: boolean): string {
  const areas = [...new Set(findings.map(({ area }) => area))]
  const blocks = areas.flatMap((area) => {
    const own = findings.filter((finding) => finding.area === area)
    const shown = own.filter(({ level }) => verbose || level !== 'ok')
    const fine = own.length - shown.length
    if (shown.length === 0) return [`${mark('ok')} ${chalk.bold(area)} ${chalk.dim(`(${fine} ok)`)}`]
    const rest = fine > 0 ? chalk.dim(` (${fine} more ok)`) : ''
    return [`${mark(worst(shown))} ${chalk.bold(area)}${rest}`, ...shown.map(renderFinding)]
  })
  return [...blocks, '', summary(counts, context)].join('\n')
}

function renderFinding({ level, what, why, fix }: Finding): string {
  const lines = [`  ${mark(level)} ${printable(what)}`]
  if (why !== '') lines.push(chalk.dim(`      ${printable(why)}`))
  if (fix !== '') lines.push(`      ${chalk.dim('Fix:')} ${printable(fix)}`)
  return lines.join('\n')
}

function mark(level: Level): string {
  const { sign, color } = MARKS[level]
  return color(sign)
}

const ORDER: readonly Level[] = ['ok', 'info', 'warn', 'error']

function worst(findings: readonly Finding[]): Level {
  return ORDER[Math.max(...findings.map(({ level }) => ORDER.indexOf(level)))] ?? 'ok'
}

function summary({ ok, info, warn, error }: Examination['counts'], context: string | null): string {
  const where = context === null ? '' : ` in context ${context}`
  const bad = [count(error, 'error'), count(warn, 'warning')].filter(Boolean).join(', ')
  const rest = [info > 0 ? `${info} to know` : '', `${ok} ok`].filter(Boolean).join(', ')
  return `${bad === '' ? `Nothing is wrong${where}` : `${bad}${where}`} (${rest}).`
}

function count(n: number, one: string): string {
  return n === 0 ? '' : `${n} ${one}${n === 1 ? '' : 's'}`
}

/** For `-o wide`, `ndjson` and the like. */
export const findingColumns: Column<Finding>[] = [
  { title: 'LEVEL', value: (row) => row.level },
  { title: 'AREA', value: (row) => row.area },
  { title: 'CHECK', value: (row) => row.check },
  { title: 'FINDING', value: (row) => printable(row.what) },
  { title: 'FIX', value: (row) => printable(row.fix), wide: true },
]

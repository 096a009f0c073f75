import type { ThresholdResult } from '../../../runtime/loadtest/index.ts'
import { printable } from '../../../runtime/platform/log/index.ts'

/** A threshold with what was measured: `✓ p99<500ms: 312.45 ms`. */
export function thresholdText({ expression, passed, value }: ThresholdResult): string {
  return `${passed ? '✓' : '✗'} ${printable(expression)}: ${value === null ? 'nothing was measured' : withUnit(value, expression)}`
}

export function thresholdLines(thresholds: readonly ThresholdResult[]): string[] {
  if (thresholds.length === 0) return []
  return ['Thresholds:', ...thresholds.map((each) => `  ${thresholdText(each)}`)]
}

/** A value is in the unit in which conditions on it are written, and times are in milliseconds. */
function withUnit(value: number, expression: string): string {
  const name = expression.split(/[<>]/, 1)[0]?.trim() ?? ''
  const text = String(Math.round(value * 100) / 100)
  if (/^rate$/i.test(name)) return `${text}/s`
  if (/^success$/i.test(name) || expression.includes('%')) return `${text}%`
  return /^((\w+\.)?(p\d+(\.\d+)?|min|mean|avg|max|stddev))$/i.test(name) ? `${text} ms` : text
}

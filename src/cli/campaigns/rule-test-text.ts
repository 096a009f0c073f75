import { printable } from '../../runtime/platform/log/index.ts'
import type { Explanation } from '../../runtime/rules/index.ts'
import { cell } from './campaign-text.ts'
import type { RuleTest, RuleTrial } from './test-rules.ts'

/** Characters of a value that are shown. */
const VALUE = 80

/** Of each rule and event whether they match and why, field by field. */
export function ruleTestText({ results }: RuleTest): string {
  const matched = results.filter((one) => one.matched).length
  const trials = results.map((trial) => [headLine(trial), ...bodyLines(trial)].join('\n'))
  return [...trials, ...(results.length > 1 ? [`${matched} of ${results.length} match.`] : [])].join('\n\n')
}

function headLine({ rule, name, event, event_id: id, matched, earns, currency, error }: RuleTrial): string {
  const who = `rule ${rule}${name === null ? '' : ` "${cell(name)}"`}`
  const what = `event ${event}${id === null ? '' : ` (${cell(id)})`}`
  const verdict = matched ? 'matches' : error === undefined ? 'does not match' : 'cannot be told to match'
  const earned = earns === null ? '' : ` and earns ${earns} ${currency}`
  return `${mark(matched)} ${who} ${verdict} ${what}${earned}`
}

function bodyLines({ explanation, error }: RuleTrial): string[] {
  if (error !== undefined) return [`  ${printable(error.detail)} (${error.code})`]
  return explanation === undefined ? [] : explanationLines(explanation, 1)
}

/** A tree: `✓ amount $gte 100: found 150`. A whole that is no more than all of its parts is told by them alone. */
export function explanationLines(of: Explanation, level: number): string[] {
  const { parts = [], operator, field, at } = of
  const isPlain = operator === '$and' && field === undefined && !at.endsWith('$and')
  if (isPlain && parts.length > 0) return parts.flatMap((part) => explanationLines(part, level))
  const what = isPlain ? 'no condition: every event' : lineOf(of)
  const line = `${'  '.repeat(level)}${mark(of.matched)} ${what}`
  return [line, ...parts.flatMap((part) => explanationLines(part, level + 1))]
}

function lineOf({ operator, field, expected, found, parts }: Explanation): string {
  const asked = expected === undefined ? '' : ` ${valueText(expected)}`
  if (field === undefined) return `${operator}${asked}`
  const isToldBelow = found === undefined && parts !== undefined && parts.length > 0
  return `${printable(field)} ${operator}${asked}${isToldBelow ? '' : `: ${foundText(found)}`}`
}

function foundText(found: readonly unknown[] | undefined): string {
  if (found === undefined || found.length === 0) return 'missing'
  return `found ${found.map(valueText).join(', ')}`
}

function valueText(value: unknown): string {
  return cell(JSON.stringify(value) ?? String(value), VALUE)
}

function mark(matched: boolean): string {
  return matched ? '✓' : '✗'
}

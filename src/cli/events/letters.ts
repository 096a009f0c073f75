import type { DeadLetter } from '../../runtime/bus/index.ts'
import { printable } from '../../runtime/platform/log/index.ts'
import { renderFacts } from '../list.ts'

/** A dead letter as `--json` prints it. */
export function toLetterRow({ id, time, reason, error, deliveries, origin, fields }: DeadLetter) {
  const { data, ...rest } = fields
  return { id, time, reason, error, deliveries, origin, event: { ...rest, data: parsed(data) } }
}

/** Everything about one dead letter. */
export function renderLetter({ id, time, reason, error, deliveries, origin, fields }: DeadLetter): string {
  const { data, ...rest } = fields
  const facts = [
    ['Letter', id],
    ['Time', time],
    ['Reason', reason],
    ['Error', error],
    ['Deliveries', String(deliveries)],
    ['Stream', origin.stream],
    ['Entry', origin.entry],
    ['Group', origin.group],
    ['Consumer', origin.consumer],
    ...Object.entries(rest),
  ] as const
  const text = typeof parsed(data) === 'string' ? data : JSON.stringify(parsed(data), null, 2)
  return `${renderFacts(facts.map(([label, value]) => [label, printable(value)]))}\n\n${printable(text ?? '', true)}`
}

/** An undecodable event has what is no JSON, or nothing. */
function parsed(data: string | undefined): unknown {
  if (data === undefined) return null
  try {
    return JSON.parse(data)
  } catch {
    return data
  }
}

import type { Test } from './equality.ts'
import type { Explanation } from './matcher.ts'
import type { Head, Part } from './parts.ts'
import { show } from './show.ts'
import { take } from './steps.ts'
import type { Subject } from './subjects.ts'

/** Elements whose explanation is given one by one. */
const EXPLAINED = 10

/**
 * Holds when one element of a list passes `inner`.
 *
 * @param accepts elements that `inner` can be asked about
 */
export function anyElement(inner: Part, accepts: Test, subject: Subject, head: Head): Part {
  const { steps } = subject
  const { matches } = inner
  const weight = Math.max(inner.weight, 1) // even when nothing is asked of it, an element is looked at
  const passes: Test = (element) => accepts(element) && matches(element)
  const test: Test = (value) => {
    if (!Array.isArray(value)) return false
    take(steps, value.length * weight)
    for (let i = 0; i < value.length; i++) if (passes(value[i])) return true
    return false
  }
  const any = subject.any(test, 'whole')
  return {
    matches: any,
    explain: (value) => ({
      matched: any(value),
      ...head,
      found: subject.found(value),
      parts: explainElements(subject, value, inner, accepts, head),
    }),
    weight: weight + 1,
  }
}

/** One part for each of the first elements; the one that passes is always among them. */
function explainElements(
  subject: Subject,
  value: unknown,
  inner: Part,
  accepts: Test,
  head: Head,
): Explanation[] {
  const { steps } = subject
  const parts: Explanation[] = []
  const visit: Test = (list) => {
    if (!Array.isArray(list)) return false
    take(steps, list.length * inner.weight)
    return list.some((element: unknown) => {
      const known = accepts(element)
      const matched = known && inner.matches(element)
      if (!matched && (parts.length >= EXPLAINED || steps.room <= 0)) return false
      const shown = { ...head, operator: 'element', found: [show(element, steps)] }
      parts.push({ matched, ...shown, parts: known ? [inner.explain(element)] : [] })
      return matched
    })
  }
  subject.any(visit, 'whole')(value)
  return parts
}

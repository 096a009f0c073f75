import type { Test } from './equality.ts'
import type { Explanation } from './matcher.ts'
import type { Question } from './operators.ts'
import { show } from './show.ts'
import type { Steps } from './steps.ts'
import type { Subject } from './subjects.ts'

/**
 * A compiled part of a condition. What `explain` says of a comparison is the answer of `matches` itself, and
 * what it says of a group follows from its parts by the same rule: the two cannot differ.
 */
export interface Part {
  matches: Test
  explain(value: unknown): Explanation
  /** Conditions in it. */
  weight: number
}

/** What a part is called in explanations. */
export interface Head {
  at: string
  operator: string
  field?: string
}

export function comparison(question: Question, subject: Subject, head: Head): Part {
  const any = subject.any(question.test, question.spread)
  const matches: Test = question.negated ? (value) => !any(value) : any
  return {
    matches,
    explain: (value) => ({
      ...{ matched: matches(value), ...head },
      ...{ expected: show(question.expected, subject.steps), found: subject.found(value) },
    }),
    weight: 1,
  }
}

export function allOf(parts: readonly Part[], head: Head, steps: Steps): Part {
  const all = every(parts.map((part) => part.matches))
  return group(parts, head, steps, (answers) => answers.every(Boolean), all)
}

export function anyOf(parts: readonly Part[], head: Head, steps: Steps): Part {
  const any = some(parts.map((part) => part.matches))
  return group(parts, head, steps, (answers) => answers.some(Boolean), any)
}

export function noneOf(parts: readonly Part[], head: Head, steps: Steps): Part {
  const any = some(parts.map((part) => part.matches))
  return group(
    parts,
    head,
    steps,
    (answers) => !answers.some(Boolean),
    (value) => !any(value),
  )
}

/** Holds unless all parts do. */
export function notAllOf(parts: readonly Part[], head: Head, steps: Steps): Part {
  const all = every(parts.map((part) => part.matches))
  return group(
    parts,
    head,
    steps,
    (answers) => !answers.every(Boolean),
    (value) => !all(value),
  )
}

/** Never holds, whatever the document is. */
export function nothing(subject: Subject, head: Head, expected: unknown): Part {
  return comparison({ test: () => false, spread: 'whole', expected }, subject, head)
}

function group(
  parts: readonly Part[],
  head: Head,
  steps: Steps,
  decide: (answers: readonly boolean[]) => boolean,
  matches: Test,
): Part {
  return {
    matches,
    explain(value) {
      const explained: Explanation[] = []
      const answers = parts.map((part) => {
        if (steps.room <= 0) return part.matches(value)
        const explanation = part.explain(value)
        explained.push(explanation)
        return explanation.matched
      })
      return { matched: decide(answers), ...head, parts: explained }
    },
    weight: parts.reduce((sum, { weight }) => sum + weight, 0),
  }
}

function every(tests: readonly Test[]): Test {
  const [a, b, c] = tests as [Test, Test, Test]
  if (tests.length === 0) return () => true
  if (tests.length === 1) return a
  if (tests.length === 2) return (value) => a(value) && b(value)
  if (tests.length === 3) return (value) => a(value) && b(value) && c(value)
  return (value) => {
    for (let i = 0; i < tests.length; i++) if (!(tests[i] as Test)(value)) return false
    return true
  }
}

function some(tests: readonly Test[]): Test {
  const [a, b, c] = tests as [Test, Test, Test]
  if (tests.length === 0) return () => false
  if (tests.length === 1) return a
  if (tests.length === 2) return (value) => a(value) || b(value)
  if (tests.length === 3) return (value) => a(value) || b(value) || c(value)
  return (value) => {
    for (let i = 0; i < tests.length; i++) if ((tests[i] as Test)(value)) return true
    return false
  }
}

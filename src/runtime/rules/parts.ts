import { cut } from './cut.ts'
import type { Test } from './equality.ts'
import type { Explanation } from './matcher.ts'
import type { Question } from './operators.ts'
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
  const expected = cut(question.expected)
  return {
    matches,
    explain: (value) => ({ matched: matches(value), ...head, expected, found: subject.found(value) }),
    weight: 1,
  }
}

export function allOf(parts: readonly Part[], head: Head): Part {
  return group(parts, head, (answers) => answers.every(Boolean), every(parts.map((part) => part.matches)))
}

export function anyOf(parts: readonly Part[], head: Head): Part {
  return group(parts, head, (answers) => answers.some(Boolean), some(parts.map((part) => part.matches)))
}

export function noneOf(parts: readonly Part[], head: Head): Part {
  const any = some(parts.map((part) => part.matches))
  return group(
    parts,
    head,
    (answers) => !answers.some(Boolean),
    (value) => !any(value),
  )
}

/** Holds unless all parts do. */
export function notAllOf(parts: readonly Part[], head: Head): Part {
  const all = every(parts.map((part) => part.matches))
  return group(
    parts,
    head,
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
  decide: (answers: readonly boolean[]) => boolean,
  matches: Test,
): Part {
  return {
    matches,
    explain(value) {
      const explained = parts.map((part) => part.explain(value))
      return { matched: decide(explained.map(({ matched }) => matched)), ...head, parts: explained }
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

import { Query } from 'mingo'
import { describe, expect, it } from 'vitest'
import { compileCondition } from '../../../src/runtime/rules/index.ts'
import { type Case, casesOf } from './generate.ts'
import { differenceFrom } from './mingo-differences.ts'
import { refers } from './reference.ts'

const SEED = Number(process.env.RULES_SEED ?? 20240601)
const CASES = 40_000

/** All cases of the seed; `check` says what is wrong with one. */
function checkCases(count: number, check: (one: Case) => string | undefined): void {
  const next = casesOf(SEED)
  for (let i = 0; i < count; i++) {
    const one = next()
    const wrong = check(one)
    if (wrong === undefined) continue
    const { condition, document } = one
    expect.fail(
      `RULES_SEED=${SEED}, case ${i}: ${wrong}\n${JSON.stringify(condition)}\n${JSON.stringify(document)}`,
    )
  }
}

describe('generated conditions on generated documents', { timeout: 60_000 }, () => {
  it('get the answers of the plain definition', () => {
    let matched = 0
    checkCases(CASES, ({ condition, document }) => {
      const expected = refers(condition, document)
      if (expected) matched++
      return compileCondition(condition).matches(document) === expected
        ? undefined
        : `it should be ${expected}`
    })
    expect(matched).toBeGreaterThan(CASES / 10)
    expect(matched).toBeLessThan(CASES - CASES / 10)
  })

  it('get the answers of mingo, but for its known differences', () => {
    let compared = 0
    checkCases(CASES, ({ condition, document }) => {
      if (differenceFrom(condition, document) !== undefined) return undefined
      compared++
      const expected = new Query(condition).test(document)
      return compileCondition(condition).matches(document) === expected ? undefined : `mingo says ${expected}`
    })
    expect(compared).toBeGreaterThan(0.7 * CASES)
  })

  it('are explained as they are answered', () => {
    checkCases(CASES / 4, ({ condition, document }) => {
      const matcher = compileCondition(condition)
      const matched = matcher.matches(document)
      return matcher.explain(document).matched === matched
        ? undefined
        : `it is ${matched}, explained otherwise`
    })
  })

  it('leave conditions and documents as they were', () => {
    checkCases(CASES / 8, ({ condition, document }) => {
      const before = JSON.stringify({ condition, document })
      const matcher = compileCondition(condition)
      matcher.matches(document)
      matcher.explain(document)
      return JSON.stringify({ condition, document }) === before ? undefined : 'something was changed'
    })
  })
})

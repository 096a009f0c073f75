import { equals, isOneOf, type Test } from './equality.ts'
import { isComparable, type OrderOperator, orders } from './order.ts'
import type { Spread } from './paths.ts'
import { compilePattern } from './patterns.ts'
import type { Place } from './place.ts'
import { kindOf, literal, literals } from './values.ts'

/** What an operator asks of the values of a field. */
export interface Question {
  test: Test
  spread: Spread
  /** Holds when no value passes the test, rather than when one does. */
  negated?: boolean
  expected: unknown
}

/** @param siblings the object the operator stands in, for those that belong together */
type MakeQuestion = (operand: unknown, place: Place, siblings: Readonly<Record<string, unknown>>) => Question

function equal(operand: unknown, place: Place): Question {
  const expected = literal(operand, place)
  return { test: equals(expected, place.steps), spread: 'elements', expected }
}

function among(operand: unknown, place: Place): Question {
  if (!Array.isArray(operand)) throw place.invalid(`takes a list of values, not ${kindOf(operand)}`)
  place.expect(operand.length)
  operand.forEach((value, index) => {
    const isPattern = value instanceof RegExp || Object.hasOwn(Object(value), '$regex')
    if (isPattern) throw place.item(index).invalid('is a pattern; join patterns with $or instead')
  })
  const expected = literals(operand, place)
  return { test: isOneOf(expected, place.steps), spread: 'elements', expected }
}

const ordered =
  (operator: OrderOperator): MakeQuestion =>
  (operand, place) => {
    const expected = literal(operand, place)
    if (!isComparable(expected)) {
      throw place.invalid(`compares with a number, a text, true or false, not with ${kindOf(operand)}`)
    }
    return { test: orders[operator](expected), spread: 'elements', expected }
  }

function exists(operand: unknown, place: Place): Question {
  if (operand !== true && operand !== false && operand !== 1 && operand !== 0) {
    throw place.invalid(`takes true or false, not ${kindOf(operand)}`)
  }
  place.count(1)
  const expected = Boolean(operand)
  return { test: (value) => value !== undefined, spread: 'whole', negated: !expected, expected }
}

function size(operand: unknown, place: Place): Question {
  if (!Number.isSafeInteger(operand) || (operand as number) < 0) {
    throw place.invalid(`takes a whole number of at least 0, not ${kindOf(operand)}`)
  }
  place.count(1)
  return {
    test: (value) => Array.isArray(value) && value.length === operand,
    spread: 'whole',
    expected: operand,
  }
}

/** The operators that ask something of the values of one field and need nothing else. */
export const questions: Readonly<Record<string, MakeQuestion>> = {
  $eq: equal,
  $ne: (operand, place) => ({ ...equal(operand, place), negated: true }),
  $gt: ordered('$gt'),
  $gte: ordered('$gte'),
  $lt: ordered('$lt'),
  $lte: ordered('$lte'),
  $in: among,
  $nin: (operand, place) => ({ ...among(operand, place), negated: true }),
  $exists: exists,
  $regex: (operand, place, siblings) => ({
    test: compilePattern(operand, ownOptions(siblings), place),
    spread: 'elements',
    expected: operand,
  }),
  $size: size,
}

function ownOptions(siblings: Readonly<Record<string, unknown>>): unknown {
  return Object.hasOwn(siblings, '$options') ? siblings.$options : undefined
}

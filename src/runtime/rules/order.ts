import type { Test } from './equality.ts'

export type OrderOperator = '$gt' | '$gte' | '$lt' | '$lte'

type Comparable = number | string | boolean

/**
 * Compares values of the same type only: a number with numbers, a text with texts. Texts are ordered by their
 * UTF-16 units, which puts dates in one ISO 8601 form in order. Infinity and NaN, which JSON has not, never match.
 */
export const orders: Readonly<Record<OrderOperator, (expected: Comparable) => Test>> = {
  $gt: (expected) =>
    typeof expected === 'number'
      ? (value) => typeof value === 'number' && value > expected && value !== Infinity
      : (value) => typeof value === typeof expected && (value as Comparable) > expected,
  $gte: (expected) =>
    typeof expected === 'number'
      ? (value) => typeof value === 'number' && value >= expected && value !== Infinity
      : (value) => typeof value === typeof expected && (value as Comparable) >= expected,
  $lt: (expected) =>
    typeof expected === 'number'
      ? (value) => typeof value === 'number' && value < expected && value !== -Infinity
      : (value) => typeof value === typeof expected && (value as Comparable) < expected,
  $lte: (expected) =>
    typeof expected === 'number'
      ? (value) => typeof value === 'number' && value <= expected && value !== -Infinity
      : (value) => typeof value === typeof expected && (value as Comparable) <= expected,
}

export function isComparable(value: unknown): value is Comparable {
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean'
}

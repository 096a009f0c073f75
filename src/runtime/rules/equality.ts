import { type Steps, take } from './steps.ts'
import { isObject } from './values.ts'

/** Asked of one value; undefined stands for a field that is not there. */
export type Test = (value: unknown) => boolean

/** Equal to a value of the rule. A field that is missing equals null. */
export function equals(expected: unknown, steps: Steps): Test {
  if (expected === null) return (value) => value === null || value === undefined
  if (typeof expected !== 'object') return (value) => value === expected
  return (value) => same(value, expected, steps)
}

/** Equal to any value of the list. */
export function isOneOf(list: readonly unknown[], steps: Steps): Test {
  const scalars = list.filter((value) => typeof value !== 'object')
  const others = list.filter((value) => typeof value === 'object').map((value) => equals(value, steps))
  const isScalar = isOneOfScalars(scalars)
  if (others.length === 0) return isScalar
  return (value) => isScalar(value) || others.some((test) => test(value))
}

function isOneOfScalars(list: readonly unknown[]): Test {
  const [first, second, third] = list
  if (list.length === 0) return () => false
  if (list.length === 1) return (value) => value === first
  if (list.length === 2) return (value) => value === first || value === second
  if (list.length === 3) return (value) => value === first || value === second || value === third
  const set = new Set(list)
  return (value) => set.has(value)
}

/** Lists in the same order; objects with the same fields in any order. As deep as the rule's value at most. */
function same(value: unknown, expected: unknown, steps: Steps): boolean {
  take(steps, 1)
  if (Array.isArray(expected)) {
    if (!Array.isArray(value) || value.length !== expected.length) return false
    return expected.every((part, index) => same(value[index], part, steps))
  }
  if (!isObject(expected)) return value === expected
  if (!isObject(value)) return false
  const names = Object.keys(expected)
  const hasAll = names.every((name) => Object.hasOwn(value, name) && same(value[name], expected[name], steps))
  return hasAll && countFields(value, steps) === names.length
}

/** Asked last: to count the fields of an object takes as long as it has fields. */
function countFields(value: object, steps: Steps): number {
  const count = Object.keys(value).length
  take(steps, count)
  return count
}

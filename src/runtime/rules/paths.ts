import type { Test } from './equality.ts'
import type { Place } from './place.ts'
import { type Steps, take } from './steps.ts'
import { isForbidden, isObject } from './values.ts'

/** A dotted path, split once. */
export interface Path {
  readonly names: readonly string[]
  /** Of each name: the position it means in a list, or -1. */
  readonly positions: readonly number[]
}

/** Of a list at the end of a path: are its elements asked as well, or only the list itself? */
export type Spread = 'elements' | 'whole'

/** Names a path has at most, and characters. */
const MOST_NAMES = 32
const MOST_CHARACTERS = 500

const POSITION = /^(0|[1-9]\d{0,8})$/

/** @throws AgentctlError RULE_INVALID */
export function pathOf(field: string, place: Place): Path {
  const names = field.split('.', MOST_NAMES + 1)
  if (names.length > MOST_NAMES) throw place.invalid(`is a path of more than ${MOST_NAMES} names`)
  if (field.length > MOST_CHARACTERS) {
    throw place.invalid(`is a path of ${field.length} characters; a path has at most ${MOST_CHARACTERS}`)
  }
  for (const name of names) {
    if (name === '') throw place.invalid('is no path: a name between the dots is empty')
    if (name.startsWith('$')) throw place.invalid(`is no path: the name "${name}" starts with $`)
    if (isForbidden(name))
      throw place.invalid(`is a path that cannot be asked for: "${name}" is not a name of data`)
  }
  return { names, positions: names.map((name) => (POSITION.test(name) ? Number(name) : -1)) }
}

/**
 * Makes a question about a document: does any value at the path pass the test?
 *
 * Values are found as MongoDB finds them. A name looks into an object; at a list, into each object of it. A
 * number also picks that element of a list. A list at the end gives its elements, and then itself. Where nothing
 * is found the test is asked about `undefined` once, except below a list that has no objects.
 */
export function anyAt(path: Path, test: Test, spread: Spread, steps: Steps): Test {
  const { names, positions } = path
  const last = names.length - 1
  const first = names[0] as string
  const elements = spread === 'elements'

  function atEnd(value: unknown): boolean {
    if (elements && Array.isArray(value)) {
      take(steps, value.length)
      for (let i = 0; i < value.length; i++) if (test(value[i])) return true
    }
    return test(value)
  }

  /** @param level of the name to look for in the object */
  function inObject(holder: Record<string, unknown>, level: number): boolean {
    const name = names[level] as string
    const value = Object.hasOwn(holder, name) ? holder[name] : undefined
    return level === last ? atEnd(value) : inside(value, level + 1)
  }

  function inside(value: unknown, level: number): boolean {
    if (typeof value !== 'object' || value === null) return test(undefined)
    return Array.isArray(value) ? inList(value, level) : inObject(value as Record<string, unknown>, level)
  }

  function inList(list: readonly unknown[], level: number): boolean {
    take(steps, list.length)
    const position = positions[level] as number
    if (position >= 0) return atPosition(list, position, level)
    for (const element of list) if (isObject(element) && inObject(element, level)) return true
    return false
  }

  function atPosition(list: readonly unknown[], position: number, level: number): boolean {
    const name = names[level] as string
    let found = false
    if (position < list.length) {
      found = true
      const element = list[position]
      if (level === last ? atEnd(element) : inside(element, level + 1)) return true
    }
    for (const element of list) {
      if (!isObject(element) || !Object.hasOwn(element, name)) continue
      found = true
      if (inObject(element, level)) return true
    }
    return !found && test(undefined)
  }

  if (last > 0) return (document) => inObject(document as Record<string, unknown>, 0)
  return (document) => {
    const holder = document as Record<string, unknown>
    const value = Object.hasOwn(holder, first) ? holder[first] : undefined
    return typeof value === 'object' ? atEnd(value) : test(value)
  }
}

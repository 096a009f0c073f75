import { brief, type Place } from './place.ts'

/** Names through which a prototype could be reached. Nobody's data has them for a good reason. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])

export function isForbidden(name: string): boolean {
  return FORBIDDEN.has(name)
}

/** An object that is no list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An object as JSON.parse makes it: its prototype is Object's, of whichever realm, or none. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/**
 * Checks a value to compare with, and copies it so that nobody can change it afterwards.
 *
 * @throws AgentctlError RULE_INVALID, RULE_TOO_LARGE
 */
export function literal(value: unknown, place: Place): unknown {
  place.count(1)
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value
    throw place.invalid(`is ${value}, which is no number of JSON`)
  }
  if (Array.isArray(value)) return literals(value, place)
  if (!isPlain(value)) throw place.invalid(`is ${kindOf(value)}, which JSON has no form for`)
  const below = place.deeper()
  const copy: [string, unknown][] = []
  for (const name of Object.keys(value)) {
    const at = below.key(name)
    if (name.startsWith('$')) throw at.invalid('stands in a value, where no operator is understood')
    if (isForbidden(name)) throw at.invalid(`cannot be asked for: "${name}" is not a name of data`)
    copy.push([name, literal(value[name], at)])
  }
  return Object.fromEntries(copy)
}

/** The same for each value of a list. */
export function literals(list: readonly unknown[], place: Place): unknown[] {
  const below = place.deeper()
  below.expect(list.length)
  return Array.from(list, (value, index) => literal(value, below.item(index)))
}

/** What a value is, for messages: `a list`, `the number 3`. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (value instanceof RegExp) return 'a RegExp'
  if (value instanceof Date) return 'a Date'
  if (typeof value === 'string') return `the text "${brief(value)}"`
  if (typeof value === 'number' || typeof value === 'boolean') return `the ${typeof value} ${value}`
  return typeof value === 'undefined'
    ? 'undefined'
    : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`
}

import { kernelError } from '../../../runtime/kernel/index.ts'

/** Fields of an event beside `data`. */
export const EVENT_FIELDS = [
  'event_id',
  'user_id',
  'merchant_id',
  'amount',
  'currency',
  'occurred_at',
] as const

const FIELDS: ReadonlySet<string> = new Set(EVENT_FIELDS)
/** They name what every object has, not what was put into it. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])

export function isField(name: string): boolean {
  return FIELDS.has(name)
}

/** Where in an event a value goes: `['amount']`, `['data', 'cart', 'total']`. */
export type Target = readonly string[]

/** From what is in the file to where it goes. */
export type FieldMap = ReadonlyMap<string, Target>

/**
 * @param given `amount=total,user_id=customer`: the field, and what the file calls it
 * @throws AgentctlError CONFIG_INVALID
 */
export function parseMap(given: readonly string[]): FieldMap {
  const map = new Map<string, Target>()
  const taken = new Set<string>()
  for (const pair of given.flatMap((text) => text.split(','))) {
    const at = pair.indexOf('=')
    const [field, source] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
    if (at === -1 || field === '' || source === '')
      throw invalid(`"${pair}" is no pair such as amount=total: the field of the event, then its column`)
    if (!isField(field) && !field.startsWith('data.'))
      throw invalid(`"${field}" is no field of an event: ${EVENT_FIELDS.join(', ')} or data.NAME`)
    const flaw = flawOfName(field)
    if (flaw !== undefined) throw invalid(`"${field}" ${flaw}`)
    if (map.has(source)) throw invalid(`"${source}" is given to two fields`)
    if (taken.has(field)) throw invalid(`"${field}" is taken from two columns`)
    taken.add(field)
    map.set(source, field.split('.'))
  }
  return map
}

/**
 * Where a column goes that nothing is said about: the field of its name, else below `data`.
 * @param mapped names of fields that are taken from other columns
 */
export function targetOf(name: string, mapped: ReadonlySet<string>): Target {
  if (isField(name) && !mapped.has(name)) return [name]
  return (name === 'data' || name.startsWith('data.') ? name : `data.${name}`).split('.')
}

/** Why a name, whose dots tell where it goes, can be none. */
export function flawOfName(name: string): string | undefined {
  const wrong = name.split('.').find((part) => part === '' || FORBIDDEN.has(part))
  if (wrong === '') return 'has nothing before, after or between its dots'
  return wrong === undefined ? undefined : `may not have "${wrong}" in it`
}

/** Puts a value where it belongs; objects on the way are made. False when something else is there. */
export function put(event: Record<string, unknown>, target: Target, value: unknown): boolean {
  let inner = event
  for (const part of target.slice(0, -1)) {
    const there = Object.hasOwn(inner, part) ? inner[part] : undefined
    if (there !== undefined && !isObject(there)) return false
    const below = there ?? {}
    set(inner, part, below)
    inner = below
  }
  const last = target.at(-1) as string
  if (Object.hasOwn(inner, last)) return false
  set(inner, last, value)
  return true
}

/** Also `__proto__` is a name like any other: the service says what it thinks of it. */
function set(inner: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(inner, name, { value, enumerable: true, configurable: true, writable: true })
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(detail: string) {
  return kernelError('CONFIG_INVALID', `--map: ${detail}`, { field: 'map' })
}

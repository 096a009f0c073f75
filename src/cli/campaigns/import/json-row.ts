import { messageOf } from '../../../runtime/kernel/index.ts'
import { type FieldMap, isField, isObject, put } from './field-map.ts'

/**
 * The event of a line of NDJSON. Without a map it is what is written there; with one, the fields are taken from where
 * that says, and what is no field of an event goes below `data`.
 * @returns the event, or what is wrong with the line
 */
export function eventOfText(text: string, map: FieldMap): Record<string, unknown> | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return `is no JSON: ${messageOf(error)}`
  }
  if (!isObject(value)) return 'is no JSON object'
  return map.size === 0 ? value : mapped(value, map)
}

function mapped(value: Record<string, unknown>, map: FieldMap): Record<string, unknown> | string {
  const event: Record<string, unknown> = {}
  if (Object.hasOwn(value, 'data')) event.data = isObject(value.data) ? { ...value.data } : value.data
  for (const [source, target] of map) {
    const found = lookUp(value, source)
    if (found !== undefined && !put(event, target, found)) return `has two values for ${target.join('.')}`
  }
  for (const [name, inner] of Object.entries(value)) {
    if (name === 'data' || map.has(name)) continue
    const isFree = isField(name) && !Object.hasOwn(event, name)
    if (!put(event, isFree ? [name] : ['data', name], inner)) return `has two values for data.${name}`
  }
  return event
}

/** A key as it is written, else a path below. */
function lookUp(value: Record<string, unknown>, source: string): unknown {
  if (Object.hasOwn(value, source)) return value[source]
  let inner: unknown = value
  for (const part of source.split('.')) {
    if (!isObject(inner) || !Object.hasOwn(inner, part)) return undefined
    inner = inner[part]
  }
  return inner
}

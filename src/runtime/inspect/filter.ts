import { messageOf } from '../kernel/index.ts'
import { inspectError } from './errors.ts'

export type EntryFilter = (fields: Readonly<Record<string, string>>) => boolean

/**
 * Entries whose fields equal every given value and whose text matches the expression. A field is looked up
 * in the entry first, then in the JSON object of its `data` field.
 * @param filters each as FIELD=VALUE
 * @throws AgentctlError TAIL_FILTER_INVALID
 */
export function createFilter(filters: readonly string[], grep: string | undefined): EntryFilter {
  const wanted = filters.map(parseFilter)
  const pattern = grep === undefined ? undefined : compile(grep)
  return (fields) =>
    wanted.every(([name, value]) => lookUp(fields, name) === value) &&
    (pattern === undefined || Object.values(fields).some((value) => pattern.test(value)))
}

function parseFilter(text: string): [name: string, value: string] {
  const at = text.indexOf('=')
  if (at < 1) throw inspectError('TAIL_FILTER_INVALID', `"${text}" is not FIELD=VALUE`, { field: 'filter' })
  return [text.slice(0, at), text.slice(at + 1)]
}

function compile(grep: string): RegExp {
  try {
    return new RegExp(grep)
  } catch (cause) {
    throw inspectError('TAIL_FILTER_INVALID', messageOf(cause), { cause, field: 'grep' })
  }
}

function lookUp(fields: Readonly<Record<string, string>>, name: string): string | undefined {
  if (fields[name] !== undefined) return fields[name]
  try {
    const value = (JSON.parse(fields.data ?? '') as Record<string, unknown> | null)?.[name]
    return value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value)
  } catch {
    return undefined
  }
}

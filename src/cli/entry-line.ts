import type { TailedEntry } from '../runtime/inspect/index.ts'
import { printable } from '../runtime/platform/log/index.ts'

/** One entry as a line of text or of NDJSON; `names` limits the fields shown. */
export function renderEntry(
  { stream, id, fields }: TailedEntry,
  names: readonly string[] | undefined,
  json: boolean,
): string {
  const shown =
    names === undefined ? fields : Object.fromEntries(names.map((name) => [name, fields[name] ?? '']))
  if (json) return JSON.stringify(toEntryRow({ stream, id, fields: shown }))
  const text = Object.entries(shown).map(([name, value]) => `${name}=${value}`)
  return printable(`${id}  ${stream}  ${text.join(' ')}`)
}

/** Entries in one of the forms `text`, `json` (one list) and `ndjson`. */
export function renderEntries(
  entries: readonly TailedEntry[],
  names: readonly string[] | undefined,
  form: 'text' | 'json' | 'ndjson',
): string {
  if (form === 'json') return JSON.stringify(entries.map(toEntryRow), null, 2)
  return entries.map((entry) => renderEntry(entry, names, form === 'ndjson')).join('\n')
}

export function toEntryRow({ stream, id, fields }: TailedEntry) {
  return { stream, id, time: timeOf(id), fields }
}

/** Null when the id holds no time that can be written. */
function timeOf(id: string): string | null {
  const time = new Date(Number.parseInt(id, 10))
  return Number.isNaN(time.getTime()) ? null : time.toISOString()
}

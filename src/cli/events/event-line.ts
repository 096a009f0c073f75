import { decodeEvent, toWire, typeOfStream, UndecodableError } from '../../runtime/bus/index.ts'
import type { TailedEntry } from '../../runtime/inspect/index.ts'
import { printable } from '../../runtime/platform/log/index.ts'

/** An entry of the bus as one line about its event; undefined for streams that hold no events, such as replies. */
export function renderEvent(
  entry: TailedEntry,
  names: readonly string[] | undefined,
  json: boolean,
): string | undefined {
  const type = typeOfStream(entry.stream)
  if (type === undefined) return undefined
  try {
    const { id, event_type, event_id, timestamp, data, ...rest } = toWire(decodeEvent(entry.stream, entry))
    const shown = names === undefined ? data : pick(data, names)
    if (json) return JSON.stringify({ id, event_id, event_type, timestamp, data: shown, ...rest })
    return printable(`${id}  ${event_type}  ${event_id}  ${JSON.stringify(shown)}`)
  } catch (error) {
    if (!(error instanceof UndecodableError)) throw error
    if (json)
      return JSON.stringify({
        id: entry.id,
        event_type: type,
        undecodable: error.message,
        fields: entry.fields,
      })
    return printable(`${entry.id}  ${type}  undecodable: ${error.message}`)
  }
}

/** Some fields of the data. */
function pick(data: unknown, names: readonly string[]): unknown {
  if (typeof data !== 'object' || data === null) return data
  const fields = data as Record<string, unknown>
  return Object.fromEntries(names.filter((name) => name in fields).map((name) => [name, fields[name]]))
}

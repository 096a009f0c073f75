import type { BusEvent, DeadLetter, DeadLetterCount, SchemaInfo } from '../../runtime/bus/index.ts'
import { printable } from '../../runtime/platform/log/index.ts'
import { ageOf } from '../../ui/format/duration.ts'
import type { Column } from '../table.ts'

/** Characters of JSON or of an error in a table. */
const SHORT = 80

export const eventColumns: Column<BusEvent>[] = [
  { title: 'ID', value: (row) => row.entryId },
  { title: 'TIME', value: (row) => printable(row.timestamp) },
  { title: 'EVENT ID', value: (row) => printable(row.eventId) },
  { title: 'VERSION', value: (row) => printable(row.version ?? '-'), wide: true },
  { title: 'TRACE', value: (row) => printable(row.traceparent ?? '-'), wide: true },
  { title: 'DATA', value: (row) => shorten(JSON.stringify(row.data)) },
]

export const dlqColumns = (now: number): Column<DeadLetterCount>[] => [
  { title: 'TYPE', value: (row) => row.type },
  { title: 'LETTERS', value: (row) => String(row.count), align: 'right' },
  { title: 'OLDEST', value: (row) => ageOf(row.oldest, now), align: 'right' },
  { title: 'NEWEST', value: (row) => ageOf(row.newest, now), align: 'right' },
]

export const letterColumns = (now: number): Column<DeadLetter>[] => [
  { title: 'ID', value: (row) => row.id },
  { title: 'AGE', value: (row) => ageOf(row.time, now), align: 'right' },
  { title: 'EVENT ID', value: (row) => printable(row.fields.event_id ?? '-') },
  { title: 'GROUP', value: (row) => printable(row.origin.group) },
  { title: 'CONSUMER', value: (row) => printable(row.origin.consumer), wide: true },
  { title: 'ENTRY', value: (row) => printable(row.origin.entry), wide: true },
  { title: 'DELIVERIES', value: (row) => String(row.deliveries), align: 'right' },
  { title: 'REASON', value: (row) => printable(row.reason) },
  { title: 'ERROR', value: (row) => shorten(row.error) },
]

export const schemaColumns: Column<SchemaInfo>[] = [
  { title: 'TYPE', value: (row) => row.type },
  { title: 'VERSION', value: (row) => row.version },
  { title: 'ORIGIN', value: (row) => row.origin },
  { title: 'FIELDS', value: (row) => shorten(fieldsOf(row.schema)) },
]

function fieldsOf({ properties, required }: SchemaInfo['schema']): string {
  const names = Object.keys((properties ?? {}) as object)
  const demanded = new Set(Array.isArray(required) ? required : [])
  return names.map((name) => (demanded.has(name) ? `${name}*` : name)).join(', ') || '-'
}

function shorten(text: string): string {
  const line = printable(text)
  return line.length <= SHORT ? line : `${line.slice(0, SHORT - 1)}…`
}

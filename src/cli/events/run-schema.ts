import { readFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import {
  busError,
  checkEventType,
  type EventBus,
  type JsonSchema,
  type SchemaInfo,
} from '../../runtime/bus/index.ts'
import { messageOf } from '../../runtime/kernel/index.ts'
import { renderList } from '../list.ts'
import { redisOnly } from '../streams/stream-flags.ts'
import { schemaColumns } from './event-tables.ts'
import { withBus } from './with-bus.ts'

export interface SchemaFlags {
  register?: string | undefined
  remove: boolean
  'schema-version'?: string | undefined
  output: string
}

interface Outcome {
  /** For people. */
  text: string
  /** For --json. */
  value: unknown
}

/** Does what the flags of `event schema` ask for. */
export async function runSchema(
  type: string | undefined,
  flags: SchemaFlags & Record<string, unknown>,
): Promise<Outcome> {
  const { register, remove, 'schema-version': version, output } = flags
  const file = register === undefined ? undefined : await readSchema(register)
  return withBus(redisOnly, flags, async (bus) => {
    if (file === undefined && !remove)
      return type === undefined ? list(bus, output) : show(bus, type, version)
    const subject = { type: checkEventType(type), version: version ?? '' }
    if (file === undefined) return removeStored(bus, subject)
    await bus.schemas.store(subject.type, subject.version, file)
    return { text: `Registered ${subject.type} version ${subject.version}.`, value: subject }
  })
}

async function list(bus: EventBus, form: string): Promise<Outcome> {
  const value = await bus.schemas.list()
  return { value, text: renderList(value, schemaColumns, form, ({ type, version }) => `${type}@${version}`) }
}

async function show(bus: EventBus, type: string, version: string | undefined): Promise<Outcome> {
  const known = await bus.schemas.list(checkEventType(type))
  const found: SchemaInfo | undefined =
    version === undefined ? known.at(-1) : known.find((schema) => schema.version === version)
  if (!found) throw missing(type, version)
  return { value: found, text: JSON.stringify(found.schema, null, 2) }
}

async function removeStored(
  bus: EventBus,
  { type, version }: { type: string; version: string },
): Promise<Outcome> {
  if (!(await bus.schemas.remove(type, version))) throw missing(type, version)
  return { text: `Removed ${type} version ${version}.`, value: { type, version } }
}

function missing(type: string, version: string | undefined): Error {
  return busError(
    'SCHEMA_NOT_FOUND',
    version === undefined ? `${type} has none` : `${type} has no version ${version}`,
  )
}

async function readSchema(file: string): Promise<JsonSchema> {
  try {
    return JSON.parse(
      file === '-' ? await readAll(process.stdin) : await readFile(file, 'utf8'),
    ) as JsonSchema
  } catch (cause) {
    throw busError('SCHEMA_INVALID', `${file}: ${messageOf(cause)}`, { cause, field: 'register' })
  }
}

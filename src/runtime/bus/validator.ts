import { createRequire } from 'node:module'
import type { Ajv } from 'ajv'
import { z } from 'zod'
import { messageOf } from '../kernel/index.ts'
import { busError } from './errors.ts'

export type JsonSchema = Readonly<Record<string, unknown>>

/** What is wrong with data, and where; undefined when nothing is. `path` such as `data.items.0.name`. */
export type Validate = (data: unknown) => { path: string; message: string } | undefined

export interface Validator {
  validate: Validate
  /** The same demands as JSON Schema, for people and other languages. */
  json: JsonSchema
}

export function isZodType(schema: unknown): schema is z.ZodType {
  return typeof schema === 'object' && schema !== null && '_zod' in schema
}

/** @throws AgentctlError SCHEMA_INVALID */
export function compileSchema(name: string, schema: z.ZodType | JsonSchema): Validator {
  try {
    return isZodType(schema) ? fromZod(schema) : fromJsonSchema(schema)
  } catch (cause) {
    throw busError('SCHEMA_INVALID', `${name}: ${messageOf(cause)}`, { cause, field: 'schema' })
  }
}

function fromZod(schema: z.ZodType): Validator {
  let json: JsonSchema | undefined
  return {
    get json() {
      json ??= z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }) as JsonSchema
      return json
    },
    validate(data) {
      const issue = schema.safeParse(data).error?.issues[0]
      return issue && { path: ['data', ...issue.path.map(String)].join('.'), message: issue.message }
    },
  }
}

const load = createRequire(import.meta.url)
const compilers = new Map<string, Ajv>()

/** Loaded when the first JSON Schema is met: most processes need none. */
function compilerFor(schema: JsonSchema): Ajv {
  const draft = /draft-0[67]/.test(String(schema.$schema)) ? 'ajv' : 'ajv/dist/2020.js'
  const known = compilers.get(draft)
  if (known) return known
  const { default: Compiler } = load(draft) as { default: new (options: object) => Ajv }
  const { default: addFormats } = load('ajv-formats') as { default: (ajv: Ajv) => void }
  const ajv = new Compiler({ strict: false, addUsedSchema: false })
  addFormats(ajv)
  compilers.set(draft, ajv)
  return ajv
}

function fromJsonSchema(schema: JsonSchema): Validator {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
    throw new Error('it is no JSON object')
  const check = compilerFor(schema).compile(schema)
  return {
    json: schema,
    validate(data) {
      if (check(data)) return undefined
      const error = check.errors?.[0]
      const params = error?.params as { additionalProperty?: string; missingProperty?: string } | undefined
      const extra = params?.additionalProperty ?? params?.missingProperty
      const steps = (error?.instancePath ?? '').split('/').slice(1).map(unescapeStep)
      return {
        path: ['data', ...steps, ...(extra === undefined ? [] : [extra])].join('.'),
        message: error?.message ?? 'invalid',
      }
    },
  }
}

/** A step of a JSON pointer. */
function unescapeStep(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~')
}

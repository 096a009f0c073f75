import { validatorCompiler } from 'fastify-type-provider-zod'
import { z } from 'zod'

/** An RFC 9457 problem document, as every service answers it. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  /** Stable; docs/errors.md lists them all. */
  code: z.string(),
  fix: z.string().optional(),
  /** The input at fault, such as `body.rules[0].conditions.amount`. */
  field: z.string().optional(),
})

/** Names of schemas: they become components of the OpenAPI document, which generated clients call the same. */
export type NamedSchemas = ReturnType<typeof nameSchemas>

/** A schema for bodies may have no name that ends in `Input`: that is added. */
export function nameSchemas(schemas: Readonly<Record<string, z.ZodType>>) {
  const registry = z.registry<{ id: string }>()
  for (const [id, schema] of Object.entries({ Problem: problem, ...schemas })) registry.add(schema, { id })
  return registry
}

/** Security schemes of the OpenAPI document. */
export type SecuritySchemes = Readonly<Record<string, { type: 'http'; scheme: 'basic' | 'bearer' }>>

/** Names under which the OpenAPI document knows a bearer token. */
export const BEARER_AUTH = 'bearer'

const WHY: Readonly<Record<number, string>> = {
  400: 'The request is not valid',
  401: 'Who asks is not known here',
  403: 'Who asks may not do this',
  404: 'There is no such thing',
  409: 'It contradicts what is there',
  413: 'The body is too large',
  415: 'The body is not JSON',
  422: 'It can be read, but makes no sense',
  429: 'Too much was asked for; Retry-After says when to try again',
  503: 'A service that is needed is away; Retry-After says when to try again',
}

type ProblemResponse = {
  description: string
  content: { 'application/problem+json': { schema: typeof problem } }
}

/** What a route answers when it fails, for the `response` of its schema. */
export function problemResponses<S extends number>(...statuses: S[]): { [K in S]: ProblemResponse } {
  const response = (status: number): ProblemResponse => ({
    description: WHY[status] ?? 'It failed',
    content: { 'application/problem+json': { schema: problem } },
  })
  return Object.fromEntries(statuses.map((status) => [status, response(status)])) as {
    [K in S]: ProblemResponse
  }
}

/**
 * For a route whose requests are described by one schema and checked by another, such as a list whose items are checked one by
 * one later on: `validatorCompiler: checkedAs(schema)`.
 */
export const checkedAs = (schema: z.ZodType) => () =>
  validatorCompiler({ schema, method: '', url: '', httpPart: 'body' })

/**
 * The same OpenAPI document, in which the bodies of requests tell their defaults in words: generators take a field that has a
 * default for one that is always there, so that clients would have to send it.
 */
export function withSpokenDefaults<D extends object>(document: D): D {
  const { components } = document as { components?: { schemas?: object } }
  const schemas = Object.entries(components?.schemas ?? {}).map(([name, schema]) => [
    name,
    name.endsWith('Input') ? spoken(schema) : schema,
  ])
  return { ...document, components: { ...components, schemas: Object.fromEntries(schemas) } }
}

function spoken(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(spoken)
  if (typeof schema !== 'object' || schema === null) return schema
  const { default: usual, properties, ...rest } = schema as Record<string, unknown>
  const told = eachSpoken(rest)
  // Names of fields are no keywords: one may be called `default`.
  if (properties !== undefined) told.properties = eachSpoken(properties as object)
  if (usual === undefined) return told
  return { ...told, description: `${rest.description ?? ''} Default: ${JSON.stringify(usual)}`.trim() }
}

const eachSpoken = (values: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, spoken(value)]))

/** The same OpenAPI document without the components that nothing refers to. */
export function withoutUnused<D extends object>(document: D): D {
  const { components, ...rest } = document as { components?: { schemas?: object } }
  const all = Object.entries(components?.schemas ?? {})
  const used = new Set<string>()
  const look = (part: unknown): void => {
    for (const [, name] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (name === undefined || used.has(name)) continue
      used.add(name)
      look(all.find(([known]) => known === name)?.[1] ?? null)
    }
  }
  look(rest)
  const schemas = Object.fromEntries(all.filter(([name]) => used.has(name)))
  return { ...rest, components: { ...components, schemas } } as unknown as D
}

import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createSchemaRegistry } from '../../../src/runtime/bus/schemas.ts'
import { compileSchema, type JsonSchema } from '../../../src/runtime/bus/validator.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { silent } from '../../support/redis.ts'

const D2020 = 'https://json-schema.org/draft/2020-12/schema'
const D07 = 'http://json-schema.org/draft-07/schema#'

/** No schemas are stored; test/integration/bus/schemas.test.ts has those that are. */
function registry() {
  const redis = { hgetall: async () => ({}) } as unknown as RedisClient
  const schemas = createSchemaRegistry({ redis, log: silent })
  // Whether it answers at once or later is of no concern here.
  return { ...schemas, check: async (...args: Parameters<typeof schemas.check>) => schemas.check(...args) }
}

const problem = (schema: z.ZodType | JsonSchema, data: unknown) => compileSchema('t@1', schema).validate(data)

describe('a zod type as schema', () => {
  const schema = z.object({ items: z.array(z.object({ name: z.string() })) })

  it('names the field that is wrong', () => {
    expect(problem(schema, { items: [{ name: 'a' }] })).toBeUndefined()
    expect(problem(schema, { items: [{ name: 'a' }, { name: 5 }] })).toMatchObject({
      path: 'data.items.1.name',
    })
    expect(problem(schema, 'text')).toMatchObject({ path: 'data' })
  })

  it('can be read as JSON Schema', () => {
    expect(compileSchema('t@1', schema).json).toMatchObject({ type: 'object', required: ['items'] })
  })
})

describe('a JSON Schema', () => {
  it.each([
    ['of draft 2020-12', { $schema: D2020, prefixItems: [{ type: 'string' }, { type: 'integer' }] }],
    ['of draft 07', { $schema: D07, items: [{ type: 'string' }, { type: 'integer' }] }],
    ['that names no draft, as 2020-12', { prefixItems: [{ type: 'string' }, { type: 'integer' }] }],
  ])('%s is understood', (_, schema) => {
    expect(problem(schema, ['a', 1])).toBeUndefined()
    expect(problem(schema, ['a', 'b'])).toEqual({ path: 'data.1', message: 'must be integer' })
  })

  it('names the field that is wrong, missing or too many', () => {
    const schema = {
      type: 'object',
      properties: {
        user: { type: 'object', required: ['id'], additionalProperties: false, properties: { id: {} } },
      },
    }
    expect(problem(schema, { user: {} })).toEqual({
      path: 'data.user.id',
      message: "must have required property 'id'",
    })
    expect(problem(schema, { user: { id: 1, extra: 2 } })?.path).toBe('data.user.extra')
  })

  it('names fields as they are written, whatever characters they have', () => {
    const schema = { properties: { 'a/b~c': { type: 'string' } } }
    expect(problem(schema, { 'a/b~c': 1 })?.path).toBe('data.a/b~c')
  })

  it('knows formats', () => {
    const schema = { type: 'string', format: 'email' }
    expect(problem(schema, 'a@example.com')).toBeUndefined()
    expect(problem(schema, 'nobody')?.message).toContain('email')
  })

  it('may be given twice under the same $id', () => {
    const schema = { $id: 'https://example.com/a', type: 'string' }
    compileSchema('t@1', schema)
    expect(compileSchema('t@2', { ...schema }).validate(1)).toBeDefined()
  })

  it.each([
    ['an unknown type', { type: 'nothing' }],
    ['a reference to nowhere', { $ref: '#/$defs/missing' }],
    ['a list', []],
    ['null', null],
    ['text', 'text'],
  ])('is refused when it is %s', (_, schema) => {
    expect(() => compileSchema('t@1', schema as JsonSchema)).toThrow(
      expect.objectContaining({ code: 'SCHEMA_INVALID', field: 'schema' }),
    )
  })
})

describe('the standard events', () => {
  it.each([
    [
      'task.created',
      { task_id: 't', priority: 'high', payload: {} },
      { task_id: 't', priority: 'huge' },
      'priority',
    ],
    [
      'document.processed',
      { doc_id: 'd', status: 'failed', error: 'e' },
      { doc_id: 'd', status: 'ok' },
      'status',
    ],
    ['query.completed', { query_id: 'q', duration_ms: 1.5 }, { query_id: '' }, 'query_id'],
    [
      'notification.sent',
      { user_id: 'u', type: 'sms', status: 'sent' },
      { user_id: 'u', type: 'fax', status: 'sent' },
      'type',
    ],
  ])('%s is checked', async (type, good, bad, field) => {
    const schemas = registry()
    expect(await schemas.check(type, undefined, { ...good, more: 1 }, 'publish')).toBe('1')
    await expect(schemas.check(type, undefined, bad, 'publish')).rejects.toMatchObject({
      code: 'EVENT_DATA_INVALID',
      field: `data.${field}`,
    })
  })
})

describe('versions of a schema', () => {
  const requiring = (field: string) => ({ required: [field] })

  it('are in order of their numbers', async () => {
    const schemas = registry()
    for (const version of ['10', '2', '1.10', '1.9', '1'])
      schemas.register('a.b', version, requiring(`v${version}`))
    const versions = (await schemas.list('a.b')).map(({ version }) => version)
    expect(versions).toEqual(['1', '1.9', '1.10', '2', '10'])
  })

  it('mean the newest to who publishes without one, and the first to who reads an event without one', async () => {
    const schemas = registry()
    schemas.register('a.b', '2', requiring('b'))
    schemas.register('a.b', '1', requiring('a'))
    expect(await schemas.check('a.b', undefined, { b: 1 }, 'publish')).toBe('2')
    expect(await schemas.check('a.b', undefined, { a: 1 }, 'consume')).toBe('1')
    await expect(schemas.check('a.b', undefined, { a: 1 }, 'publish')).rejects.toThrow(/version 2/)
    expect(await schemas.check('a.b', '1', { a: 1 }, 'publish')).toBe('1')
  })

  it('that nobody has registered are not checked', async () => {
    const schemas = registry()
    schemas.register('a.b', '1', requiring('a'))
    expect(await schemas.check('a.b', '9', {}, 'consume')).toBe('9')
    expect(await schemas.check('c.d', undefined, {}, 'publish')).toBeUndefined()
  })

  it('that are registered again replace the former, also a standard one', async () => {
    const schemas = registry()
    schemas.register('task.created', '1', requiring('mine'))
    expect(await schemas.check('task.created', undefined, { mine: 1 }, 'publish')).toBe('1')
    schemas.register('task.created', '1', requiring('yours'))
    await expect(schemas.check('task.created', '1', { mine: 1 }, 'publish')).rejects.toThrow(/yours/)
    expect(await schemas.list('task.created')).toMatchObject([{ version: '1', origin: 'local' }])
  })

  it.each(['', 'a b', '-1', 'x'.repeat(33), '1@2'])('may not be called %j', (version) => {
    expect(() => registry().register('a.b', version, {})).toThrow(
      expect.objectContaining({ code: 'SCHEMA_INVALID', field: 'version' }),
    )
  })

  it('need a type that can be', () => {
    expect(() => registry().register('A', '1', {})).toThrow(
      expect.objectContaining({ code: 'EVENT_TYPE_INVALID' }),
    )
  })
})

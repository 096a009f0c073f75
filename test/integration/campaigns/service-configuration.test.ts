import { afterAll, beforeAll, expect, it } from 'vitest'
import type { CampaignTables } from '../../../src/runtime/campaigns/schema.ts'
import { createConfiguration } from '../../../src/runtime/campaigns/store/configuration.ts'
import { createSecrets } from '../../../src/runtime/campaigns/store/secrets.ts'
import { type Database, openDatabase } from '../../../src/runtime/platform/sql/index.ts'
import { startTestCampaigns, type TestCampaigns } from '../../support/campaigns.ts'
import { silent } from '../../support/redis.ts'
import { queryRows, readableLog } from '../../support/storage-role.ts'

let service: TestCampaigns
let keyless: TestCampaigns
let database: Database<CampaignTables>
const { log, lines } = readableLog()

beforeAll(async () => {
  service = await startTestCampaigns({ options: { processors: 0, configKey: 'first key' }, log })
  const { redis, databaseUrl } = service
  keyless = await startTestCampaigns({ redis, databaseUrl, options: { processors: 0 } })
  database = openDatabase<CampaignTables>({ url: databaseUrl, name: 'test', max: 1, log: silent })
})
afterAll(async () => {
  await database?.close()
  await keyless?.close()
  await service?.close()
})

const put = (name: string, body: unknown, of = service) =>
  of.ask(`/configuration/${name}`, { method: 'PUT', body })
const remove = (name: string) => service.ask(`/configuration/${name}`, { method: 'DELETE' })
/** As our own code would read it. */
const reveal = (name: string, key?: string) =>
  createConfiguration(database.db, createSecrets(key)).reveal(name)

it('keeps a secret that nobody can read in the database or in an answer', async () => {
  const made = await put('openai.key', { value: 'sk-TOP-SECRET' })
  expect(made).toMatchObject({ status: 200, body: { name: 'openai.key', value: '***', secret: true } })
  expect((await service.ask('/configuration/openai.key')).body).toEqual(made.body)
  expect((await service.ask('/configuration')).body).toMatchObject({ entries: [{ value: '***' }] })
  const stored = JSON.stringify(await queryRows(service.databaseUrl, 'SELECT * FROM configuration'))
  for (const form of ['sk-TOP-SECRET', Buffer.from('sk-TOP-SECRET').toString('base64url')])
    expect(stored).not.toContain(form)
  expect(stored).not.toContain('first key')
  expect(JSON.stringify(lines)).not.toContain('TOP-SECRET')
  expect(await reveal('openai.key', 'first key')).toBe('sk-TOP-SECRET')
})

it('goes on with a new key, and reads what older ones have encrypted', async () => {
  await put('rotated', { value: 'before' })
  const keys = 'second key, first key'
  const { redis, databaseUrl } = service
  const later = await startTestCampaigns({ redis, databaseUrl, options: { processors: 0, configKey: keys } })
  try {
    expect(await reveal('rotated', keys)).toBe('before')
    await put('rotated', { value: 'after' }, later)
  } finally {
    await later.close()
  }
  expect(await reveal('rotated', keys)).toBe('after')
  expect(await reveal('rotated', 'second key')).toBe('after')
  for (const key of ['first key', undefined])
    await expect(reveal('rotated', key)).rejects.toMatchObject({ code: 'CONFIGURATION_KEY_MISSING' })
})

it('takes no secret without a key, but what is none', async () => {
  expect(await put('s', { value: 'x' }, keyless)).toMatchObject({
    status: 409,
    body: { code: 'CONFIGURATION_KEY_MISSING' },
  })
  expect(await put('plain', { value: 'x', secret: false }, keyless)).toMatchObject({
    status: 200,
    body: { value: 'x', secret: false },
  })
  expect((await keyless.ask('/configuration/plain')).body).toMatchObject({ value: 'x' })
  expect((await keyless.ask('/configuration/openai.key')).body).toMatchObject({ value: '***' })
})

it('is a secret unless that is denied, and can become one and no longer be one', async () => {
  expect((await put('turns', { value: 'a', secret: false })).body).toMatchObject({ value: 'a' })
  expect((await put('turns', { value: 'b' })).body).toMatchObject({ value: '***', secret: true })
  expect((await put('turns', { value: 'c', secret: false })).body).toMatchObject({
    value: 'c',
    secret: false,
  })
})

it('removes entries, and knows none that are not there', async () => {
  await put('gone', { value: 'x' })
  expect(await remove('gone')).toMatchObject({ status: 204, body: '' })
  for (const answer of [await remove('gone'), await service.ask('/configuration/gone')])
    expect(answer).toMatchObject({ status: 404, body: { code: 'CONFIGURATION_NOT_FOUND' } })
})

it.each([
  ['a', {}, 'body.value'],
  ['a', { value: 1 }, 'body.value'],
  ['a', { value: 'a\0b' }, 'body.value'],
  ['a', { value: 'a\ud800b' }, 'body.value'],
  ['.a', { value: 'x' }, 'path.name'],
  ['a', { value: 'x', secret: 'yes' }, 'body.secret'],
  ['a', { value: 'x', hidden: true }, 'body.hidden'],
  ['a%20b', { value: 'x' }, 'path.name'],
])('refuses %s with %j', async (name, body, field) => {
  expect(await put(name, body)).toMatchObject({ status: 400, body: { code: 'HTTP_INVALID', field } })
})

it('refuses what is too long', async () => {
  expect(await put('a', { value: 'x'.repeat(16_385) })).toMatchObject({
    status: 400,
    body: { field: 'body.value' },
  })
  expect(await put('x'.repeat(129), { value: 'x' })).toMatchObject({
    status: 400,
    body: { field: 'path.name' },
  })
})

it('is one entry after 20 writes at once', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => put('raced', { value: `v${i}` })))
  expect(answers.every(({ status }) => status === 200)).toBe(true)
  expect(await reveal('raced', 'first key')).toMatch(/^v\d+$/)
})

import type { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis

beforeAll(async () => {
  server = await startTestRedis()
})
afterAll(() => server.close())

it('the commands of one turn are one write, answered in order', async () => {
  const client = server.connect()
  await client.ping()
  const { stream } = client as unknown as { stream: { _writev: unknown; _write: unknown } }
  const writes: string[] = []
  for (const how of ['_write', '_writev'] as const) {
    const original = stream[how] as (...args: unknown[]) => unknown
    stream[how] = (...args: unknown[]) => {
      writes.push(how)
      return original.apply(stream, args)
    }
  }
  const answers = await Promise.all([
    ...Array.from({ length: 50 }, () => client.incr('n')),
    client.pipeline().incr('n').incr('n').exec(),
    client.multi().incr('n').exec(),
  ])
  expect(answers.slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
  expect(answers.slice(50)).toEqual([
    [
      [null, 51],
      [null, 52],
    ],
    [[null, 53]],
  ])
  expect(writes).toEqual(['_writev'])
})

it('what was written into a connection that broke is sent again on the next', async () => {
  const [client, other] = [server.connect(), server.connect() as Redis]
  await Promise.all([client.ping(), other.ping()])
  for (let round = 0; round < 20; round++) {
    const sent = Array.from({ length: 100 }, (_, i) => client.set(`k${i}`, round))
    await other.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    sent.push(...Array.from({ length: 100 }, (_, i) => client.set(`l${i}`, round)))
    expect(new Set(await Promise.all(sent))).toEqual(new Set(['OK']))
  }
  expect(await client.get('l99')).toBe('19')
})

it('nothing is left over of a connection that is closed in the same turn', async () => {
  const client = server.connect()
  await client.ping()
  const last = client.set('last', 'words')
  const left = client.quit()
  expect(await Promise.all([last, left])).toEqual(['OK', 'OK'])
  const cut = server.connect()
  await cut.ping()
  const lost = cut.get('last').catch((error: Error) => error.message)
  cut.disconnect()
  expect(['words', 'Connection is closed.']).toContain(await lost)
})

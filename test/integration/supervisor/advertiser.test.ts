import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Balancer, createBalancer } from '../../../src/runtime/balancer/index.ts'
import { createAdvertiser } from '../../../src/runtime/supervisor/advertiser.ts'
import { eventually } from '../../support/program.ts'
import { silent, startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let balancer: Balancer

beforeAll(async () => {
  server = await startTestRedis()
  balancer = createBalancer({ redis: server.connect(), pool: 'executor', log: silent })
})
afterAll(async () => {
  await balancer.close()
  await server.close()
})

const known = async () => (await balancer.replicas()).map(({ url }) => url).sort()
const knows = (...urls: string[]) =>
  eventually(async () => JSON.stringify(await known()) === JSON.stringify(urls))

it('makes replicas known that reach no Redis, and forgets those that have gone', async () => {
  const advertiser = createAdvertiser({ redisUrl: server.url, pool: 'executor', log: silent })
  advertiser.show(['http://127.0.0.1:1', 'http://127.0.0.1:2'])
  await knows('http://127.0.0.1:1', 'http://127.0.0.1:2')
  advertiser.show(['http://127.0.0.1:2', 'http://127.0.0.1:3'])
  await knows('http://127.0.0.1:2', 'http://127.0.0.1:3')
  await advertiser.close()
  expect(await known()).toEqual([])
  advertiser.show(['http://127.0.0.1:4'])
  expect(await known()).toEqual([])
})

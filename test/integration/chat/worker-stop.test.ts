import { afterAll, beforeAll, expect, it } from 'vitest'
import { startChatWorker } from '../../../src/runtime/chat/index.ts'
import { createMetrics } from '../../../src/runtime/platform/metrics/index.ts'
import { silent, startTestRedis, type TestRedis } from '../../support/redis.ts'

let redis: TestRedis
beforeAll(async () => {
  redis = await startTestRedis()
})
afterAll(() => redis?.close())

it('a worker can be stopped while Redis is away', async () => {
  const worker = await startChatWorker({
    metrics: createMetrics(),
    ...{ redisUrl: redis.url, name: 'worker-1', feature: 'default', handler: 'demo', concurrency: 2 },
    ...{
      jobTimeout: 60_000,
      streamTtl: 60_000,
      lockDuration: 5_000,
      drainTimeout: 200,
      balancerPolicy: 'least-connections',
      log: silent,
    },
  })
  await redis.kill()
  await worker.stop()
  expect(worker.running).toBe(0)
})

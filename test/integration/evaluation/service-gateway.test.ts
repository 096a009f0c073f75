import { afterAll, beforeAll, expect, it } from 'vitest'
import { startGateway } from '../../../src/runtime/gateway/gateway.ts'
import { options } from '../../../src/runtime/gateway/options.ts'
import { freePort } from '../../../src/runtime/platform/process/index.ts'
import { call } from '../../support/events.ts'
import { silent, startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis

beforeAll(async () => {
  server = await startTestRedis()
})
afterAll(() => server?.close())

it('a gateway comes up without its database, and takes evaluations all the same', async () => {
  const databaseUrl = `postgres://nobody@127.0.0.1:${await freePort()}/none`
  const settings = options.parse({ redisUrl: server.url, port: 0, databaseUrl, dbPassword: 'secret' })
  const gateway = await startGateway(settings, { log: silent, name: 'gateway' })
  const url = gateway.facts.url ?? ''
  const { status, body } = await call(url, '/api/eval', { body: { code: 'print(1)' } })
  expect(status).toBe(202)
  expect(await call(url, `/api/eval-status/${body.eval_id}`)).toMatchObject({
    status: 200,
    body: { status: 'queued' },
  })
  expect(await call(url, '/api/evals')).toMatchObject({ status: 503, body: { code: 'EVAL_ROWS_AWAY' } })
  expect(await call(url, '/api/eval-status/nobody')).toMatchObject({ status: 503 })
  await gateway.stop()
})

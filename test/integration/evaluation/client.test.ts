import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createEvaluationClient, type EvaluationClient } from '../../../src/runtime/evaluation/client.ts'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { freePort } from '../../../src/runtime/platform/process/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import {
  createFakeRows,
  createHandWorker,
  type EvaluationGateway,
  type HandWorker,
  startEvaluationGateway,
} from '../../support/evaluation.ts'
import { eventually } from '../../support/program.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let redis: RedisClient
let worker: HandWorker
let gateway: EvaluationGateway
let port: number
let client: EvaluationClient
let stop: AbortController
let closer: ReturnType<typeof createCloser>
let retries: string[]
const rows = createFakeRows()

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
  worker = createHandWorker(redis)
  port = await freePort()
  gateway = await startEvaluationGateway(server.url, { rows, port })
})
afterAll(async () => {
  await gateway?.close()
  await server?.close()
})
beforeEach(() => {
  closer = createCloser()
  stop = new AbortController()
  retries = []
  const onRetry = (why: string) => retries.push(why)
  client = createEvaluationClient({ url: gateway.url, signal: stop.signal, onRetry })
  closer.add(client, (opened) => opened.close())
})
afterEach(async () => {
  stop.abort()
  await closer.close()
})

/** Follows, and notes what is told. */
function follow(id: string, signal?: AbortSignal) {
  const told: string[] = []
  const end = client.follow(
    id,
    {
      onStatus: (status, attempt) => told.push(`${status} ${attempt}`),
      onOutput: (name, text) => told.push(`${name} ${text}`),
      onRestart: (attempt) => told.push(`restart ${attempt}`),
    },
    signal,
  )
  end.catch(() => {})
  return { told, end }
}

describe('the client', () => {
  it('submits, looks, waits and cancels', async () => {
    const submitted = await client.submit({ code: 'x', language: 'js' }, 'key')
    expect(submitted).toMatchObject({ status: 'queued' })
    expect(await client.submit({ code: 'x', language: 'js' }, 'key')).toEqual(submitted)
    const id = submitted.eval_id
    expect(await client.status(id)).toMatchObject({ status: 'queued', language: 'javascript' })
    expect(await client.status(id, 20)).toMatchObject({ status: 'queued' })
    expect(await client.cancel(id)).toMatchObject({ status: 'cancelled' })
    expect(await client.status(id, 60_000)).toMatchObject({ status: 'cancelled' })
    await expect(client.cancel(id)).rejects.toMatchObject({ code: 'EVAL_FINISHED' })
    await expect(client.status('nobody')).rejects.toMatchObject({ code: 'EVAL_UNKNOWN' })
    await expect(client.submit({ code: '' })).rejects.toMatchObject({
      code: 'HTTP_INVALID',
      field: 'body.code',
    })
  })

  it('lists', async () => {
    rows.all.set('a', { eval_id: 'a', seq: 1000, status: 'failed' })
    const { evaluations } = await client.list({ status: 'failed', limit: 3 })
    expect(evaluations).toMatchObject([{ eval_id: 'a', status: 'failed' }])
  })

  it('says that the gateway is away, and that an address is none', async () => {
    const nobody = createEvaluationClient({
      url: `http://127.0.0.1:${await freePort()}`,
      signal: stop.signal,
    })
    closer.add(nobody, (opened) => opened.close())
    await expect(nobody.status('x')).rejects.toMatchObject({ code: 'EVAL_UNREACHABLE' })
    expect(() => createEvaluationClient({ url: 'gateway', signal: stop.signal })).toThrow(
      expect.objectContaining({ code: 'EVAL_URL_INVALID' }),
    )
  })
})

describe('following', () => {
  it('tells everything once, although the gateway is started anew meanwhile', async () => {
    const { eval_id: id } = await client.submit({ code: 'x' })
    const { told, end } = follow(id)
    await worker.begin(id)
    await worker.output(id, 1, 'stdout', 'one ', 0)
    await eventually(() => told.includes('stdout one '))
    await gateway.close()
    await worker.output(id, 1, 'stdout', 'two ', 4)
    await eventually(() => retries.length > 0)
    gateway = await startEvaluationGateway(server.url, { rows, port })
    await eventually(() => told.includes('stdout two '))
    await worker.finish(id, 1, { stdout: 'one two three' })
    expect(await end).toMatchObject({ status: 'completed', stdout: 'one two three' })
    expect(told.filter((line) => line.startsWith('stdout'))).toEqual([
      'stdout one ',
      'stdout two ',
      'stdout three',
    ])
    expect(told).not.toContain('restart 2')
  })

  it('ends with what the gateway says, and when nobody wants it any more', async () => {
    await expect(follow('nobody').end).rejects.toMatchObject({ code: 'EVAL_UNKNOWN' })
    const { eval_id: id } = await client.submit({ code: 'x' })
    const enough = new AbortController()
    const { told, end } = follow(id, enough.signal)
    await eventually(() => told.length > 0)
    enough.abort()
    await expect(end).rejects.toThrow()
    expect(await client.status(id)).toMatchObject({ status: 'queued' })
  })

  it('gives up a gateway that stays away', async () => {
    const impatient = createEvaluationClient({
      ...{ url: `http://127.0.0.1:${await freePort()}`, signal: stop.signal, retryFor: 100 },
    })
    closer.add(impatient, (opened) => opened.close())
    await expect(impatient.follow('x', {})).rejects.toMatchObject({ code: 'EVAL_UNREACHABLE' })
  })
})

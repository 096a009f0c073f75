import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Facts } from '../../../src/runtime/evaluation/messages.ts'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import {
  aJob,
  createFakeRows,
  createHandWorker,
  type EvaluationGateway,
  type FakeRows,
  type GatewayOptions,
  type HandWorker,
  startEvaluationGateway,
} from '../../support/evaluation.ts'
import { type Answer, call } from '../../support/events.ts'
import { eventually } from '../../support/program.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let redis: RedisClient
let gateway: EvaluationGateway
let rows: FakeRows
let worker: HandWorker
let closer: ReturnType<typeof createCloser>

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
  rows = createFakeRows()
  gateway = await startEvaluationGateway(server.url, { rows })
  worker = createHandWorker(redis)
})
afterAll(async () => {
  await gateway?.close()
  await server?.close()
})
beforeEach(() => {
  closer = createCloser()
  rows.all.clear()
  rows.away = undefined
})
afterEach(async () => {
  await closer.close()
  await redis.flushall()
})

const hello = { code: 'print("Hello, Events!")' }
const withKey = (key: string) => ({ headers: { 'idempotency-key': key } })
const submit = (body: object = hello, options: object = {}) =>
  call(gateway.url, '/api/eval', { body, ...options })
const idOf = ({ body }: Answer) => String(body.eval_id)
const eventsOf = async (type: string) => (await gateway.bus.history(type)).events

async function another(options: GatewayOptions): Promise<EvaluationGateway> {
  return closer.add(await startEvaluationGateway(server.url, options), (opened) => opened.close())
}

/** Messages of the channels that match. */
async function listen(pattern: string): Promise<[channel: string, data: Facts][]> {
  const heard: [string, Facts][] = []
  const subscriber = server.connect('subscriber')
  subscriber.on('pmessage', (_, channel, message) => heard.push([channel, JSON.parse(message)]))
  await subscriber.psubscribe(pattern)
  return heard
}

describe('a submission', () => {
  it('is recorded, queued and told before it is answered', async () => {
    const heard = await listen('evaluation:*')
    const answer = await submit({ ...hello, stdin: 'ü', args: ['-v'] })
    const id = idOf(answer)
    expect(answer).toEqual({
      status: 202,
      body: { eval_id: id, status: 'queued', status_url: `/api/eval-status/${id}` },
    })
    expect(await worker.job(id)).toMatchObject({ ...hello, eval_id: id, language: 'python', args: ['-v'] })
    const [event] = await eventsOf('evaluation.queued')
    const expected = { eval_id: id, seq: 1, status: 'queued', ...hello, stdin_bytes: 2 }
    expect(event).toMatchObject({ eventId: `${id}.1`, data: expected })
    await eventually(() => heard.length > 0)
    expect(heard).toEqual([['evaluation:queued', expect.objectContaining(expected)]])
    const status = await call(gateway.url, `/api/eval-status/${id}`)
    expect(status.body).toMatchObject({ eval_id: id, status: 'queued', attempts: 0, stdout: '' })
  })

  it('makes the group of storage, so that no event is trimmed before it was stored', async () => {
    const own = await another({})
    await call(own.url, '/api/eval', { body: hello })
    await eventually(async () => (await redis.exists('agent:stream:evaluation.cancelled')) === 1)
    const groups = (await redis.xinfo('GROUPS', 'agent:stream:evaluation.queued')) as unknown[][]
    expect(groups.flat()).toContain('storage')
  })

  it('of high priority goes first', async () => {
    const [a, b, c] = [await submit(), await submit({ ...hello, priority: 'high' }), await submit()]
    expect(await worker.waiting()).toEqual([b, a, c].map(idOf))
  })

  it('gets ids in the order of time', async () => {
    const ids: string[] = []
    for (let i = 0; i < 5; i++) {
      ids.push(idOf(await submit()))
      await new Promise((later) => setTimeout(later, 2))
    }
    expect([...ids].sort()).toEqual(ids)
  })

  it('is refused when too many wait, and taken when there is room again', async () => {
    const small = await another({ evalQueueLimit: 3 })
    const answers: Answer[] = []
    for (let i = 0; i < 5; i++) answers.push(await call(small.url, '/api/eval', { body: hello }))
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 429, 429])
    expect(answers[4]?.body).toMatchObject({ code: 'EVAL_QUEUE_FULL' })
    expect(await worker.waiting()).toHaveLength(3)
    await redis.del('{eval}:evaluations:prioritized')
    await eventually(
      async () => (await call(small.url, '/api/eval', { body: hello, ...withKey('k') })).status === 202,
    )
  })

  it('is refused when Redis is away, in time and clearly', async () => {
    const own = await startTestRedis(false)
    closer.add(own, (opened) => opened.close())
    const alone = closer.add(await startEvaluationGateway(own.url), (opened) => opened.close())
    expect((await call(alone.url, '/api/eval', { body: hello })).status).toBe(202)
    await own.kill()
    const away = await call(alone.url, '/api/eval', { body: hello })
    expect(away).toMatchObject({ status: 503, body: { code: 'REDIS_UNREACHABLE' } })
    await own.start()
    await eventually(async () => (await call(alone.url, '/api/eval', { body: hello })).status === 202)
    // The driver lets a resubscription fail unhandled that a close cuts short.
    const again = own.connect()
    await eventually(async () => (await again.pubsub('NUMSUB', 'eval:ended'))[1] === 1)
  })
})

describe('an Idempotency-Key', () => {
  it('makes 200 submissions at once one evaluation, through two gateways', async () => {
    const other = await another({ rows })
    const heard = await listen('evaluation:queued')
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        call(i % 2 ? gateway.url : other.url, '/api/eval', { body: hello, ...withKey('same') }),
      ),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
    expect(new Set(answers.map(idOf)).size).toBe(1)
    expect(await worker.waiting()).toHaveLength(1)
    expect(await eventsOf('evaluation.queued')).toHaveLength(1)
    await eventually(() => heard.length > 0)
    await redis.ping()
    expect(heard).toHaveLength(1)
  })

  it('answers a repeat with the status of now', async () => {
    const id = idOf(await submit(hello, withKey('k')))
    await worker.begin(id)
    expect((await submit({ ...hello, language: 'py' }, withKey('k'))).body).toMatchObject({
      eval_id: id,
      status: 'running',
    })
    await worker.finish(id, 1, {})
    expect((await submit(hello, withKey('k'))).body).toMatchObject({ eval_id: id, status: 'completed' })
  })

  it('is refused for another submission', async () => {
    const id = idOf(await submit(hello, withKey('k')))
    const other = await submit({ code: 'print(2)' }, withKey('k'))
    expect(other).toMatchObject({ status: 409, body: { code: 'EVAL_KEY_REUSED' } })
    expect(String(other.body.detail)).toContain(id)
  })

  it('is not used up by a submission that is refused', async () => {
    const small = await another({ evalQueueLimit: 1 })
    const send = (body: object, key: string) =>
      call(small.url, '/api/eval', { body, headers: { 'idempotency-key': key } })
    const first = await send(hello, 'a')
    expect(await send(hello, 'b')).toMatchObject({ status: 429 })
    expect(await send(hello, 'a')).toEqual(first)
    await redis.del('{eval}:evaluations:prioritized')
    await eventually(async () => (await send({ code: 'print(3)' }, 'b')).status === 202)
  })

  describe('after a gateway has crashed', () => {
    /** Leaves what a gateway has written that crashed after the first so many steps. */
    async function crashed(...missing: ('record' | 'job' | 'event')[]): Promise<string> {
      const id = idOf(await submit(hello, withKey('k')))
      const [key = ''] = await redis.keys('eval:request:*')
      await eventually(async () => (await redis.get(key))?.includes('"submitted":true') ?? false)
      const { submitted: _, ...request } = JSON.parse((await redis.get(key)) ?? '')
      await redis.set(key, JSON.stringify(request), 'EX', 1_000)
      if (missing.includes('record')) await redis.del(`eval:record:${id}`)
      if (missing.includes('job')) await redis.del(...(await redis.keys('{eval}:*')))
      if (missing.includes('event'))
        await redis.del(...(await redis.keys('*agent:stream:evaluation.queued*')))
      return id
    }

    it.each([
      ['nothing but the key', ['record', 'job', 'event']],
      ['a record without job', ['job', 'event']],
      ['a job without event', ['event']],
      ['a job without record', ['record', 'event']],
    ] as const)('a repeat completes %s', async (_, missing) => {
      const id = await crashed(...missing)
      expect((await submit(hello, withKey('k'))).body).toMatchObject({ eval_id: id, status: 'queued' })
      expect(await worker.waiting()).toEqual([id])
      expect(await worker.job(id)).toMatchObject(hello)
      expect((await eventsOf('evaluation.queued')).map(({ eventId }) => eventId)).toEqual([`${id}.1`])
      expect(await redis.hget(`eval:record:${id}`, 'status')).toBe('queued')
    })

    it('a repeat does not run again what has ended', async () => {
      const id = await crashed('job')
      await worker.finish(id, 0, {})
      expect((await submit(hello, withKey('k'))).body).toMatchObject({ eval_id: id, status: 'completed' })
      expect(await worker.waiting()).toEqual([])
    })

    it('a repeat does not run again what only the rows know', async () => {
      const id = await crashed('record', 'job')
      rows.all.set(id, { eval_id: id, seq: 1000, status: 'failed' })
      expect((await submit(hello, withKey('k'))).body).toMatchObject({ eval_id: id, status: 'failed' })
      expect(await worker.waiting()).toEqual([])
    })

    it('a repeat is refused while it cannot be known whether it was run', async () => {
      const id = await crashed('record', 'job')
      rows.away = new Error('away')
      expect((await submit(hello, withKey('k'))).status).toBe(500)
      expect(await worker.waiting()).toEqual([])
      rows.away = undefined
      expect((await submit(hello, withKey('k'))).body).toMatchObject({ eval_id: id, status: 'queued' })
    })
  })
})

describe('waiting for the end', () => {
  const status = (id: string, wait: number) => call(gateway.url, `/api/eval-status/${id}?wait=${wait}`)

  it('is answered at the end', async () => {
    const id = idOf(await submit())
    const answers = [status(id, 60_000), status(id, 60_000)]
    await worker.begin(id)
    await worker.finish(id, 1, { stdout: 'Hello, Events!\n' })
    for (const { body } of await Promise.all(answers))
      expect(body).toMatchObject({
        status: 'completed',
        stdout: 'Hello, Events!\n',
        attempts: 1,
        exit_code: 0,
      })
    expect((await status(id, 60_000)).body).toMatchObject({ status: 'completed' })
  })

  it('is answered although nobody has told of the end', async () => {
    const id = idOf(await submit())
    const answer = status(id, 60_000)
    await worker.finish(id, 0, {}, true)
    expect((await answer).body).toMatchObject({ status: 'completed' })
  })

  it('is answered after the time with what is known', async () => {
    const id = idOf(await submit())
    await worker.begin(id)
    expect((await status(id, 50)).body).toMatchObject({ status: 'running', attempts: 1 })
  })

  it('is answered when the gateway closes', async () => {
    const closing = await startEvaluationGateway(server.url)
    const { body } = await call(closing.url, '/api/eval', { body: hello })
    const answer = call(closing.url, `/api/eval-status/${body.eval_id}?wait=60000`)
    await eventually(async () => (await closing.bus.metricsText()).includes('agentctl_watched_evaluations 1'))
    await Promise.all([closing.close(), answer])
    expect((await answer).body).toMatchObject({ status: 'queued' })
  })

  it('takes what the rows know, once the record is gone', async () => {
    const { eval_id, queued_at } = aJob('stored')
    rows.all.set('stored', { eval_id, queued_at, seq: 1000, status: 'completed', stdout: 'from the row' })
    expect((await status('stored', 60_000)).body).toMatchObject({ stdout: 'from the row', queued_at })
  })
})

describe('a cancellation', () => {
  const cancel = (id: string) => call(gateway.url, `/api/eval/${id}`, { method: 'DELETE' })

  it('ends what waits at once, and tells so', async () => {
    const heard = await listen('evaluation:cancelled')
    const id = idOf(await submit())
    const waiting = call(gateway.url, `/api/eval-status/${id}?wait=60000`)
    expect(await cancel(id)).toEqual({ status: 202, body: { eval_id: id, status: 'cancelled' } })
    expect((await waiting).body).toMatchObject({ status: 'cancelled' })
    const [event] = await eventsOf('evaluation.cancelled')
    expect(event).toMatchObject({ eventId: `${id}.1000`, data: { status: 'cancelled', eval_id: id } })
    await eventually(() => heard.length === 1)
    expect(await cancel(id)).toMatchObject({ status: 409, body: { code: 'EVAL_FINISHED' } })
  })

  it('takes what waits out of the queue, which it would outlive there', async () => {
    const small = await another({ evalQueueLimit: 1 })
    const first = await call(small.url, '/api/eval', { body: hello })
    expect((await call(small.url, '/api/eval', { body: hello })).status).toBe(429)
    await cancel(idOf(first))
    expect(await worker.waiting()).toEqual([])
    expect(await worker.job(idOf(first))).toBeUndefined()
    await eventually(async () => (await call(small.url, '/api/eval', { body: hello })).status === 202)
  })

  it('asks for the end of what runs', async () => {
    const asked: string[] = []
    const subscriber = server.connect('subscriber')
    subscriber.on('message', (_, id) => asked.push(id))
    await subscriber.subscribe('eval:cancel')
    const id = idOf(await submit())
    await worker.begin(id)
    expect(await cancel(id)).toEqual({ status: 202, body: { eval_id: id, status: 'running' } })
    await eventually(() => asked.length === 1)
    expect(asked).toEqual([id])
    await worker.finish(id, 1, { status: 'cancelled' })
    expect(await cancel(id)).toMatchObject({ status: 409, body: { code: 'EVAL_FINISHED' } })
  })

  it('ends what Redis has lost, of which only a row is left', async () => {
    rows.all.set('lost', { eval_id: 'lost', seq: 1, status: 'queued' })
    expect(await cancel('lost')).toMatchObject({ status: 202, body: { status: 'cancelled' } })
    expect(await eventsOf('evaluation.cancelled')).toHaveLength(1)
    rows.all.set('ended', { eval_id: 'ended', seq: 1000, status: 'failed' })
    expect(await cancel('ended')).toMatchObject({ status: 409 })
    expect(await cancel('nobody')).toMatchObject({ status: 404, body: { code: 'EVAL_UNKNOWN' } })
  })
})

it('the metrics count what is submitted, cancelled and waits', async () => {
  const own = await another({})
  const { body } = await call(own.url, '/api/eval', { body: hello })
  await call(own.url, '/api/eval', { body: { ...hello, language: 'ts' } })
  await call(own.url, `/api/eval/${body.eval_id}`, { method: 'DELETE' })
  const text = await own.bus.metricsText()
  expect(text).toContain('agentctl_evaluations_submitted_total{language="python"} 1')
  expect(text).toContain('agentctl_evaluations_submitted_total{language="typescript"} 1')
  expect(text).toContain('agentctl_evaluations_total{status="cancelled",reason=""} 1')
  expect(text).toContain('agentctl_evaluation_queue_depth 1')
})

import { request } from 'undici'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { loadKey } from '../../../src/runtime/balancer/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { gate } from '../../support/bus.ts'
import { call } from '../../support/events.ts'
import { Refusal } from '../../support/llm-stub.ts'
import { eventually } from '../../support/program.ts'
import { openRagScene, type RagScene } from '../../support/rag.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let redis: RedisClient
let scene: RagScene
let url: string

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
})
afterAll(() => server.close())
beforeEach(async () => {
  await redis.flushall()
  scene = await openRagScene(server)
  url = (await scene.gateway()).url
})
afterEach(() => scene.close())

const DOCUMENTS = {
  documents: [
    { id: 'bees', text: 'Bees make honey from the nectar of flowers.' },
    { id: 'rivers', text: 'Rivers carry water from the mountains to the sea.' },
  ],
}
const ask = (body: object, headers: Record<string, string> = {}, base = url) =>
  call(base, '/query', { body, headers })

async function withDocuments(options: Record<string, unknown> = {}): Promise<void> {
  await scene.worker(options)
  const { body } = await call(url, '/documents', { body: DOCUMENTS })
  expect(body.documents).toHaveLength(2)
}

describe('a query', () => {
  it('is answered from the nearest passages, with who has answered and how long it took', async () => {
    await withDocuments({ workerName: 'me' })
    scene.llm.say((asked) => `${asked.prompt?.includes('Question: Who makes honey?')}`)
    const { status, body } = await ask({ query: 'Who makes honey?', top_k: 1, temperature: 0.5 })
    expect(status).toBe(200)
    expect(body).toEqual({
      job_id: expect.stringMatching(/^rag\.[0-9a-f-]{36}$/),
      answer: 'true',
      worker: 'me',
      replica: scene.llm.url,
      contexts: [{ id: 'bees#0', text: expect.stringContaining('honey'), score: expect.any(Number) }],
      timings_ms: {
        encode: expect.any(Number),
        retrieve: expect.any(Number),
        generate: expect.any(Number),
        queues: expect.any(Number),
        total: expect.any(Number),
      },
      cached: { embedding: false, retrieval: false, answer: false },
      model: 'stub-1',
      provider: 'Stub',
    })
    expect(scene.llm.asked[0]).toMatchObject({ temperature: 0.5, stream: false })
    expect(scene.llm.asked[0]?.prompt).toContain('(bees#0)')
    // A cache that does not answer at once is done without, on a busy machine too.
    await expect
      .poll(async () => (await ask({ query: 'Who makes honey?', top_k: 1 })).body.cached)
      .toEqual({ embedding: true, retrieval: true, answer: false })
  })

  it('leaves no job behind, and its answer for a minute', async () => {
    await withDocuments()
    const { body } = await ask({ query: 'Who makes honey?' })
    const key = `job:completion:${body.job_id}`
    expect(JSON.parse((await redis.get(key)) ?? '')).toEqual(body)
    expect(await redis.ttl(key)).toBeGreaterThan(50)
    const found = await call(url, `/query/${body.job_id}`)
    expect(found).toEqual({ status: 200, body })
    await eventually(async () => {
      const jobs = (await redis.keys('job:*_in:*')).filter((name) => !/(marker|stalled-check)$/.test(name))
      return jobs.length === 0
    })
    await eventually(async () => (await redis.get(loadKey('llm', scene.llm.url))) === '0')
  })

  it('is answered without documents too', async () => {
    await scene.worker()
    const { status, body } = await ask({ query: 'Anything?' })
    expect(status).toBe(200)
    expect(body.contexts).toEqual([])
  })

  it('goes through stages in processes of their own', async () => {
    await Promise.all(['encoder', 'retriever', 'generator'].map((stage) => scene.process({ stage })))
    await call(url, '/documents', { body: DOCUMENTS })
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => ask({ query: 'Who makes honey?', top_k: 1, use_cache: false })),
    )
    for (const { status, body } of answers) {
      expect(status).toBe(200)
      expect(body.contexts).toMatchObject([{ id: 'bees#0' }])
    }
  })

  it('waits in its queue until somebody is there', async () => {
    const answer = ask({ query: 'Anything?' })
    await eventually(async () => (await redis.llen('job:encoder_in:wait')) === 1)
    const [id] = await redis.lrange('job:encoder_in:wait', 0, -1)
    const look = await request(new URL(`/query/${id}`, url))
    expect([look.statusCode, look.headers['retry-after'], await look.body.json()]).toEqual([
      202,
      '1',
      { job_id: id, status: 'queued' },
    ])
    await scene.worker()
    expect((await answer).status).toBe(200)
  })

  it('tells how far it has come', async () => {
    const held = gate()
    scene.llm.say(async () => {
      await held.opened
      return 'late'
    })
    await scene.worker()
    const answer = ask({ query: 'Anything?' })
    await eventually(() => scene.llm.asked.length === 1)
    const [id] = await redis.lrange('job:llm_in:active', 0, -1)
    expect((await call(url, `/query/${id}`)).body).toEqual({ job_id: id, status: 'generating' })
    held.open()
    expect((await answer).body.answer).toBe('late')
  })
})

describe('a query that cannot be answered', () => {
  it.each([
    ['is empty', { query: ' \n ' }, 400, 'HTTP_INVALID', 'body.query'],
    ['is missing', {}, 400, 'HTTP_INVALID', 'body.query'],
    ['is huge', { query: 'x'.repeat(8_001) }, 400, 'HTTP_INVALID', 'body.query'],
    ['has an unknown field', { query: 'x', nonsense: 1 }, 400, 'HTTP_INVALID', 'body.nonsense'],
    ['has an invalid temperature', { query: 'x', temperature: 3 }, 400, 'HTTP_INVALID', 'body.temperature'],
  ])('because it %s is refused, and nothing is stored', async (_why, body, status, code, field) => {
    const answer = await ask(body)
    expect(answer).toMatchObject({ status, body: { code, field } })
    expect(await redis.keys('job:*')).toEqual([])
  })

  it('because the provider is unknown names the stage and the cause', async () => {
    scene.llm.say(() => {
      throw new Refusal(400, 'LLM_PROVIDER_UNKNOWN', '"nobody" is no provider')
    })
    await scene.worker()
    const { status, body } = await ask({ query: 'Anything?', provider: 'nobody' })
    expect(status).toBe(400)
    expect(body).toMatchObject({ code: 'LLM_PROVIDER_UNKNOWN', detail: 'generator: "nobody" is no provider' })
    expect(scene.llm.asked).toHaveLength(1)
    expect(scene.llm.asked[0]?.provider).toBe('nobody')
  })

  it('because no replica is there is 503 at once', async () => {
    await scene.worker({ llmUrls: undefined })
    const { status, body } = await ask({ query: 'Anything?' })
    expect(status).toBe(503)
    expect(body).toMatchObject({ code: 'BALANCER_NO_REPLICA', detail: expect.stringMatching(/^generator: /) })
  })

  it('in time is 504, is dropped by its stage, and leaves an error for whoever asks later', async () => {
    const { status, body } = await ask({ query: 'Anything?', timeout_ms: 300 })
    expect(status).toBe(504)
    expect(body).toMatchObject({ code: 'RAG_TIMEOUT' })
    const [id] = await redis.lrange('job:encoder_in:wait', 0, -1)
    await scene.worker()
    await eventually(async () => (await redis.llen('job:encoder_in:wait')) === 0)
    await eventually(async () => (await call(url, `/query/${id}`)).status === 504)
    expect(scene.llm.asked).toEqual([])
  })

  it('in time while the model takes long is 504, and the replica is let go', async () => {
    scene.llm.say(
      (_asked, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(''))),
    )
    await scene.worker()
    // On a busy machine it may take long until the model is asked at all.
    for (let ms = 700; scene.llm.asked.length === 0; ms *= 2)
      expect((await ask({ query: 'Anything?', timeout_ms: ms })).status).toBe(504)
    await eventually(async () => (await redis.get(loadKey('llm', scene.llm.url))) === '0')
  })

  it('because a stage has no worker is 503 after a while, and the job is kept', async () => {
    const { url: impatient } = await scene.gateway({ workerWait: '100ms' })
    await scene.worker({ stage: 'encoder,retriever' })
    const { status, body } = await ask({ query: 'Anything?' }, {}, impatient)
    expect(status).toBe(503)
    expect(body).toMatchObject({ code: 'RAG_NO_WORKER', detail: expect.stringContaining('generator') })
    await eventually(async () => (await redis.llen('job:llm_in:wait')) === 1)
    await scene.worker({ stage: 'generator' })
    await eventually(() => scene.llm.asked.length === 1)
  })

  it.each(['rag.nothing', 'wait', 'meta'])('that nobody has asked is unknown: %s', async (id) => {
    // Keys that are there, and are of no job.
    await redis.lpush('job:encoder_in:wait', 'rag.0')
    await redis.hset('job:encoder_in:meta', 'opts', '')
    const { status, body } = await call(url, `/query/${id}`)
    expect(status).toBe(404)
    expect(body).toMatchObject({ code: 'RAG_JOB_UNKNOWN', field: 'path.job_id' })
  })
})

describe('the same Idempotency-Key', () => {
  const headers = { 'idempotency-key': 'k1' }

  it('stands for one query, also on another gateway and at the same time', async () => {
    const other = (await scene.gateway()).url
    await scene.worker()
    const body = { query: 'Anything?', user: 'u' }
    const answers = await Promise.all([url, other, url, other].map((base) => ask(body, headers, base)))
    expect(new Set(answers.map(({ body: { job_id } }) => job_id)).size).toBe(1)
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect((await ask(body, headers)).body).toEqual(answers[0]?.body)
    expect(scene.llm.asked).toHaveLength(1)
  })

  it('of another user, or with another query, is another matter', async () => {
    await scene.worker()
    const first = await ask({ query: 'Anything?', user: 'u' }, headers)
    const second = await ask({ query: 'Anything?', user: 'v' }, headers)
    expect(second.body.job_id).not.toBe(first.body.job_id)
    const third = await ask({ query: 'Something else?', user: 'u' }, headers)
    expect(third).toMatchObject({ status: 409, body: { code: 'RAG_KEY_REUSED' } })
  })
})

describe('a user', () => {
  it('who asks more than the rate allows is told when to come back, and nobody else is', async () => {
    const { url: strict } = await scene.gateway({ queryRate: 2 })
    await scene.worker()
    const of = (user?: string) =>
      ask({ query: 'Anything?', ...(user === undefined ? {} : { user }) }, {}, strict)
    expect((await of('u')).status).toBe(200)
    expect((await of('u')).status).toBe(200)
    const refused = await request(new URL('/query', strict), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'Anything?', user: 'u' }),
    })
    expect(refused.statusCode).toBe(429)
    expect(await refused.body.json()).toMatchObject({ code: 'RAG_LIMIT' })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(1)
    expect((await of('v')).status).toBe(200)
    expect((await of()).status).toBe(200)
  })

  it('who has asked all that is allowed gets nothing by sending the same twice at once', async () => {
    const { url: strict } = await scene.gateway({ queryRate: 1 })
    await scene.worker()
    const of = (key: string) => ask({ query: 'Anything?', user: 'u' }, { 'idempotency-key': key }, strict)
    const allowed = await Promise.all([of('k'), of('k'), of('k')])
    expect(allowed.map(({ status }) => status)).toEqual([200, 200, 200])
    const refused = await Promise.all([of('l'), of('l'), of('l')])
    expect(refused.map(({ status }) => status)).toEqual([429, 429, 429])
    expect(scene.llm.asked).toHaveLength(1)
  })
})

/** The value of a metric with these labels. */
async function metric(from: string, name: string, labels: Record<string, string>): Promise<number> {
  const { body } = await request(from)
  const lines = (await body.text()).split('\n').filter((line) => line.startsWith(`${name}{`))
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  const line = lines.find((candidate) => wanted.every((label) => candidate.includes(label)))
  return Number(line?.split(' ').at(-1))
}

describe('metrics', () => {
  it('have the names that others know', async () => {
    await scene.worker()
    await ask({ query: 'Anything?' })
    await ask({ query: 'Anything?', timeout_ms: 1 })
    const of = (name: string, labels: Record<string, string>) => metric(`${url}/metrics`, name, labels)
    expect(await of('api_gateway_queries_total', { status: '200' })).toBe(1)
    expect(await of('api_gateway_queries_total', { status: '504' })).toBe(1)
    expect(await of('api_gateway_query_latency_seconds_count', {})).toBe(2)
    expect(await of('api_gateway_replica_load', { replica: scene.llm.url })).toBe(0)
    expect(await of('agentctl_rag_queue_depth', { queue: 'llm_in' })).toBe(0)
  })

  it('of a worker tell the time of each stage', async () => {
    const { facts } = await scene.worker({ metricsPort: 0 })
    await ask({ query: 'Anything?' })
    for (const stage of ['encoder', 'retriever', 'generator'])
      await expect
        .poll(() => metric(facts.metrics ?? '', 'agentctl_rag_stage_seconds_count', { stage }))
        .toBe(1)
    const ready = await request(new URL('/ready', facts.metrics))
    expect([ready.statusCode, await ready.body.json()]).toEqual([
      200,
      { status: 'ready', checks: { redis: 'ok' } },
    ])
  })
})

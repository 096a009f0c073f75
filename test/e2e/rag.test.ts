import { readdirSync } from 'node:fs'
import { request } from 'undici'
import { afterAll, describe, expect, it } from 'vitest'
import { createCloser } from '../../src/runtime/kernel/index.ts'
import { connectRedis, disconnectRedis } from '../../src/runtime/platform/redis/index.ts'
import type { QueryAnswer } from '../../src/runtime/rag/messages.ts'
import { call } from '../support/events.ts'
import { agentctl, eventually } from '../support/program.ts'
import { silent } from '../support/redis.ts'
import { createScene } from '../support/scene.ts'

const scene = createScene()
const closer = createCloser()
afterAll(() => closer.close())

const FAST = { AGENTCTL_MOCK_LATENCY: '5ms' }
const LEARNING = { id: 'learning', text: 'Machine learning is a way to find rules in examples.' }
const QUESTION = { query: 'What is machine learning?' }

function redisAt(url: string) {
  return closer.add(connectRedis({ url, purpose: 'request', name: 'test', log: silent }), disconnectRedis)
}

describe('POST /query', () => {
  it('answers, keeps its answer for a while, leaves no load, and refuses what makes no sense', async () => {
    const { url, redisUrl } = await scene.serve(['--ephemeral', '--roles', 'gateway,rag,llm=3'], FAST)
    expect(await call(url, '/documents', { body: LEARNING })).toMatchObject({
      status: 200,
      body: { documents: [{ id: 'learning', chunks: 1, status: 'added' }] },
    })
    const { status, body } = await call(url, '/query', { body: QUESTION })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      answer: `${LEARNING.text} [1]`,
      worker: 'rag-1',
      contexts: [{ id: 'learning#0', text: LEARNING.text }],
      cached: { answer: false },
    })
    expect(await call(url, `/query/${body.job_id}`)).toEqual({ status: 200, body })
    expect(await call(url, '/query/rag.nobody-knows')).toMatchObject({
      status: 404,
      body: { code: 'RAG_JOB_UNKNOWN', field: 'path.job_id' },
    })

    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => call(url, '/query', { body: { query: `What is rule ${i}?` } })),
    )
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200))
    expect(new Set(answers.map(({ body }) => body.replica)).size).toBe(3)
    const redis = redisAt(redisUrl)
    await eventually(async () => {
      const loads = await redis.keys('llm:load:*')
      return loads.length === 3 && (await redis.mget(loads)).every((load) => load === '0')
    })
    const { body: metrics } = await request(`${url}/metrics`)
    const text = await metrics.text()
    for (const name of [
      'api_gateway_queries_total',
      'api_gateway_query_latency_seconds',
      'api_gateway_replica_load',
    ])
      expect(text).toContain(name)

    const bad: [unknown, number, string][] = [
      [{}, 400, 'body.query'],
      [{ query: ' ' }, 400, 'body.query'],
      [{ query: 'x'.repeat(8_001) }, 400, 'body.query'],
      [{ query: 'x', question: 'y' }, 400, 'body.question'],
      [{ query: 5 }, 400, 'body.query'],
      [{ query: 'x', top_k: 0 }, 400, 'body.top_k'],
      [{ query: 'x', temperature: 3 }, 400, 'body.temperature'],
      ['{"query":', 400, 'body'],
      [{ query: 'x', user: 'y'.repeat(2_000_000) }, 413, 'body'],
    ]
    for (const [wrong, code, field] of bad) {
      const refused = await call(url, '/query', { body: wrong })
      expect([JSON.stringify(wrong).slice(0, 80), refused.status, refused.body.field ?? '']).toEqual([
        JSON.stringify(wrong).slice(0, 80),
        code,
        field,
      ])
    }
    expect(await redis.keys('job:*:wait')).toEqual([])
  })

  it('waits in job:encoder_in until somebody is there, or for so long; afterwards nothing is lost', async () => {
    const env = { ...FAST, AGENTCTL_WORKER_WAIT: '3s' }
    const { url, redisUrl } = await scene.serve(['--ephemeral', '--roles', 'gateway,llm'], env)
    const redis = redisAt(redisUrl)
    const keys = ['one', 'two', 'three']
    const askAll = () =>
      Promise.all(
        keys.map((key) => {
          const headers = { 'content-type': 'application/json', 'idempotency-key': key }
          return request(`${url}/query`, {
            method: 'POST',
            headers,
            body: JSON.stringify({ query: `${key}?` }),
          })
        }),
      )
    const waiting = askAll()
    await eventually(async () => (await redis.llen('job:encoder_in:wait')) === 3)
    for (const { statusCode, headers, body } of await waiting) {
      expect(statusCode).toBe(503)
      expect(Number(headers['retry-after'])).toBeGreaterThan(0)
      expect(await body.json()).toMatchObject({
        code: 'RAG_NO_WORKER',
        detail: expect.stringContaining('encoder'),
      })
    }
    expect(await redis.llen('job:encoder_in:wait')).toBe(3)

    const worker = agentctl(
      scene.place,
      'worker',
      '--stage',
      'encoder,retriever,generator',
      '--worker-name',
      'late',
      '--redis-url',
      redisUrl,
    )
    const isServed = async (stage: string) => (await redis.zcard(`rag:stage:${stage}`)) === 1
    for (const stage of ['encoder', 'retriever', 'generator']) await eventually(() => isServed(stage))
    for (const { statusCode, body } of await askAll()) {
      expect(statusCode).toBe(200)
      expect(((await body.json()) as QueryAnswer).worker).toBe('late')
    }
    expect(await redis.llen('job:encoder_in:wait')).toBe(0)
    worker.kill('SIGTERM')
    expect((await worker).exitCode).toBe(0)
  })

  it('goes through stages that are processes of their own', async () => {
    const roles = 'gateway,llm,encoder,retriever,generator=2'
    const { url } = await scene.serve(['--ephemeral', '--roles', roles], FAST)
    await call(url, '/documents', { body: LEARNING })
    expect((await call(url, '/query', { body: QUESTION })).body.answer).toBe(`${LEARNING.text} [1]`)
    const workers = new Set<unknown>()
    await eventually(async () => {
      const burst = Array.from({ length: 10 }, () =>
        call(url, '/query', { body: { ...QUESTION, use_cache: false } }),
      )
      for (const { status, body } of await Promise.all(burst)) {
        expect(status).toBe(200)
        workers.add(body.worker)
      }
      return workers.size === 2
    })
    expect([...workers].toSorted()).toEqual(['generator-1', 'generator-2'])
  })

  it('of one user is limited by AGENTCTL_QUERY_RATE', async () => {
    const { url } = await scene.serve(['--ephemeral', '--roles', 'gateway,rag,llm'], {
      ...FAST,
      AGENTCTL_QUERY_RATE: '2',
    })
    const askAs = (user: string) => agentctl(scene.place, 'query', 'Anything?', '--user', user, '--json')
    for (let i = 0; i < 2; i++) expect((await askAs('ann')).exitCode).toBe(0)
    const refused = await askAs('ann')
    expect([refused.exitCode, JSON.parse(refused.stdout).error]).toMatchObject([
      1,
      { code: 'RAG_LIMIT', status: 429, detail: expect.stringContaining('ann may ask 2 times a minute') },
    ])
    const { statusCode, headers, body } = await request(`${url}/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'Anything?', user: 'ann' }),
    })
    await body.dump()
    expect(statusCode).toBe(429)
    expect(Number(headers['retry-after'])).toSatisfy((seconds) => seconds >= 1 && seconds <= 60)
    expect((await askAs('ben')).exitCode).toBe(0)
  })
})

describe('documents', () => {
  it('of an ephemeral serve are gone with it', async () => {
    const ephemeral = await scene.serve(['--ephemeral', '--roles', 'gateway,rag,llm'], FAST)
    await call(ephemeral.url, '/documents', { body: LEARNING })
    const files = () => readdirSync(ephemeral.status.state_dir, { recursive: true, encoding: 'utf8' })
    expect(files().filter((file) => file.includes('vectors'))).not.toEqual([])
    await ephemeral.stop()
    expect(files().filter((file) => file.includes('vectors'))).toEqual([])
  })

  it('outlive a restart; under another encoder they are refused until they are added again', async () => {
    const args = ['--roles', 'gateway,rag,llm']
    const before = await scene.serve(args, FAST)
    await call(before.url, '/documents', { body: LEARNING })
    await before.stop()
    const same = await scene.serve(args)
    expect((await call(same.url, '/query', { body: QUESTION })).body.contexts).toHaveLength(1)
    await same.stop()
    const { url } = await scene.serve(args, { AGENTCTL_ENCODER_DIMENSION: '64' })
    expect(await call(url, '/query', { body: QUESTION })).toMatchObject({
      status: 409,
      body: { code: 'RAG_ENCODER_CHANGED', fix: expect.stringContaining('docs add') },
    })
    const shown = await agentctl(scene.place, 'query', QUESTION.query)
    expect([shown.exitCode, shown.stderr]).toEqual([1, expect.stringContaining('RAG_ENCODER_CHANGED')])
    await call(url, '/documents', { body: LEARNING })
    expect((await call(url, '/query', { body: QUESTION })).body.answer).toBe(`${LEARNING.text} [1]`)
  })
})

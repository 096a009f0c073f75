import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { loadKey } from '../../../src/runtime/balancer/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { gate } from '../../support/bus.ts'
import { call } from '../../support/events.ts'
import { eventually } from '../../support/program.ts'
import { openRagScene, type RagScene } from '../../support/rag.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let redis: RedisClient
let scene: RagScene
let url: string

beforeAll(async () => {
  server = await startTestRedis(false)
  redis = server.connect()
  // So that what was acknowledged is on disk when the server is killed: it is written once a second otherwise.
  await redis.config('SET', 'appendfsync', 'always')
})
afterAll(() => server.close())
beforeEach(async () => {
  await redis.flushall()
  scene = await openRagScene(server)
  url = (await scene.gateway()).url
})
afterEach(() => scene.close())

const ask = (query: string, more: object = {}) => call(url, '/query', { body: { query, ...more } })

describe('a process of the generator', () => {
  it('killed in the middle of its jobs: another does them, and every load is 0 afterwards', async () => {
    const held = gate()
    scene.llm.say(async () => {
      await held.opened
      return 'done'
    })
    await scene.worker({ stage: 'encoder,retriever' })
    const victim = await scene.process({ stage: 'generator', lockDuration: '1s' })
    const answers = Promise.all(Array.from({ length: 5 }, (_, i) => ask(`Question ${i}?`)))
    await eventually(() => scene.llm.asked.length === 5)
    expect(Number(await redis.get(loadKey('llm', scene.llm.url)))).toBe(5)
    victim.kill('SIGKILL')
    held.open()
    await scene.worker({ stage: 'generator', workerName: 'other', lockDuration: '1s' })
    for (const { status, body } of await answers) {
      expect(status).toBe(200)
      expect(body).toMatchObject({ answer: 'done', worker: 'other' })
    }
    await eventually(async () => (await redis.get(loadKey('llm', scene.llm.url))) === '0', 30_000)
  })

  it('told to stop finishes what it has', async () => {
    const held = gate()
    scene.llm.say(async () => {
      await held.opened
      return 'done'
    })
    await scene.worker({ stage: 'encoder,retriever' })
    const leaving = await scene.process({ stage: 'generator', workerName: 'leaving', drainTimeout: '20s' })
    const answer = ask('Anything?')
    await eventually(() => scene.llm.asked.length === 1)
    leaving.kill('SIGTERM')
    await eventually(async () => (await redis.zcard('rag:stage:generator')) === 0)
    held.open()
    expect((await answer).body).toMatchObject({ answer: 'done', worker: 'leaving' })
  })
})

describe('a replica', () => {
  it('killed in the middle of a request: another is asked, and both loads are 0 afterwards', async () => {
    const second = await scene.replica(() => 'from the second')
    let asked = 0
    scene.llm.say(() => new Promise(() => asked++))
    await scene.worker({ llmUrls: `${scene.llm.url},${second.url}` })
    const answers = Promise.all(Array.from({ length: 10 }, (_, i) => ask(`Question ${i}?`)))
    await eventually(() => asked > 0)
    await scene.llm.close()
    for (const { status, body } of await answers) {
      expect(status).toBe(200)
      expect(body).toMatchObject({ answer: 'from the second', replica: second.url })
    }
    for (const each of [scene.llm.url, second.url])
      await eventually(async () => (await redis.get(loadKey('llm', each))) === '0')
  })
})

describe('a gateway', () => {
  it('that is gone leaves its queries to be answered, and to be read at another', async () => {
    const held = gate()
    scene.llm.say(async () => {
      await held.opened
      return 'late'
    })
    const leaving = await scene.gateway()
    await scene.worker()
    const lost = call(leaving.url, '/query', { body: { query: 'Anything?' } }).catch(() => undefined)
    await eventually(() => scene.llm.asked.length === 1)
    const [id] = await redis.lrange('job:llm_in:active', 0, -1)
    await leaving.stop()
    await lost
    held.open()
    await eventually(async () => (await call(url, `/query/${id}`)).status === 200)
    expect((await call(url, `/query/${id}`)).body).toMatchObject({ job_id: id, answer: 'late' })
  })
})

describe('Redis', () => {
  it('killed and restarted under way: every query is answered', async () => {
    let answered = 0
    scene.llm.say(async () => {
      await new Promise((later) => setTimeout(later, 20))
      answered++
      return 'done'
    })
    await scene.worker()
    const answers = Promise.all(Array.from({ length: 150 }, (_, i) => ask(`Question ${i}?`)))
    await eventually(() => answered >= 20)
    await server.kill()
    await server.start()
    for (const { status, body } of await answers) {
      expect(body).toMatchObject({ answer: 'done' })
      expect(status).toBe(200)
    }
  })

  it('away: a worker that is told to stop does so', async () => {
    const worker = await scene.worker({ drainTimeout: '200ms' })
    await server.kill()
    try {
      const began = performance.now()
      await worker.stop()
      expect(performance.now() - began).toBeLessThan(5_000)
    } finally {
      await server.start()
    }
  })

  it('flushed under way: the query is added again, and answered', async () => {
    const answer = ask('Anything?')
    await eventually(async () => (await redis.llen('job:encoder_in:wait')) === 1)
    await redis.flushall()
    await scene.worker()
    expect((await answer).status).toBe(200)
  })
})

describe('the vector store', () => {
  it('that cannot be used is told of with its cause, and the pipeline recovers with it', async () => {
    const document = { id: 'bees', text: 'Bees make honey.' }
    const first = await scene.worker()
    expect((await call(url, '/documents', { body: document })).status).toBe(200)
    await first.stop()
    await eventually(async () => (await redis.zcard('rag:stage:retriever')) === 0)
    // A store of its own that is away: nothing listens there.
    const away = await scene.worker({ qdrantUrl: 'http://127.0.0.1:9' })
    const refused = await ask('Who makes honey?')
    expect(refused.status).toBe(503)
    expect(refused.body).toMatchObject({
      code: 'VECTORS_UNREACHABLE',
      detail: expect.stringMatching(/^retriever: .*127\.0\.0\.1:9/),
    })
    await away.stop()
    await scene.worker()
    expect((await ask('Who makes honey?')).body).toMatchObject({ contexts: [{ id: 'bees#0' }] })
  })

  it('whose documents were stored with another encoder is not asked', async () => {
    const first = await scene.worker()
    await call(url, '/documents', { body: { id: 'bees', text: 'Bees make honey.' } })
    await first.stop()
    await scene.worker({ encoderDimension: 64 })
    const { status, body } = await ask('Who makes honey?')
    expect(status).toBe(409)
    expect(body).toMatchObject({ code: 'RAG_ENCODER_CHANGED', detail: expect.stringContaining('hash-384') })
  })
})

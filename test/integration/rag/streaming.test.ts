import { request } from 'undici'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { loadKey } from '../../../src/runtime/balancer/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import type { StreamMessage } from '../../../src/runtime/rag/messages.ts'
import { gate } from '../../support/bus.ts'
import { call } from '../../support/events.ts'
import { Refusal } from '../../support/llm-stub.ts'
import { eventually } from '../../support/program.ts'
import { openRagScene, type RagScene, streamQuery } from '../../support/rag.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'
import { readStream } from '../../support/sse.ts'

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

const QUESTION = { query: 'Who makes honey?' }
const types = (parts: readonly StreamMessage[]) => parts.map(({ type }) => type)
const textOf = (parts: readonly StreamMessage[]) =>
  parts.map((part) => (part.type === 'token' ? part.text : '')).join('')

async function* words(...all: string[]): AsyncGenerator<string> {
  yield* all
}

/** The id of the only query there is. */
async function jobId(): Promise<string> {
  const [key] = await redis.keys('stream:rag:*')
  return (key ?? '').slice('stream:rag:'.length)
}

describe('a streamed answer', () => {
  it('is sources, tokens and a result, and its completion can be read later', async () => {
    scene.llm.say(() => words('Bees ', 'make ', 'honey.'))
    await scene.worker({ workerName: 'me' })
    await call(url, '/documents', { body: { id: 'bees', text: 'Bees make honey.' } })
    const { status, parts, done } = await streamQuery(url, QUESTION)
    expect([status, done]).toEqual([200, true])
    expect(types(parts)).toEqual(['sources', 'token', 'token', 'token', 'result'])
    expect(parts[0]).toMatchObject({ contexts: [{ id: 'bees#0' }] })
    expect(textOf(parts)).toBe('Bees make honey.')
    const result = parts.at(-1) as StreamMessage & { type: 'result' }
    expect(result).toMatchObject({ worker: 'me', replica: scene.llm.url, model: 'stub-1' })
    expect(result).not.toHaveProperty('answer')
    expect(await call(url, `/query/${result.job_id}`)).toMatchObject({
      status: 200,
      body: { answer: 'Bees make honey.', contexts: [{ id: 'bees#0' }] },
    })
    expect(scene.llm.asked[0]?.stream).toBe(true)
  })

  it('is resumed after the last frame seen, with the same key or by its chat', async () => {
    const held = gate()
    scene.llm.say(async function* () {
      yield 'one '
      await held.opened
      yield 'two'
    })
    await scene.worker()
    const first = await streamQuery(url, QUESTION, { key: 'k', leaveAfter: 2 })
    expect(types(first.parts)).toEqual(['sources', 'token'])
    const chat = await jobId()
    held.open()
    const lastEventId = first.frames.at(-1)?.id ?? ''
    const second = await streamQuery(url, QUESTION, { key: 'k', lastEventId })
    expect(types(second.parts)).toEqual(['token', 'result'])
    expect(textOf([...first.parts, ...second.parts])).toBe('one two')
    const third = await readStream(url, { method: 'GET', feature: 'rag', chat, lastEventId })
    expect(third.messages).toHaveLength(2)
    expect(third.done).toBe(true)
    expect(scene.llm.asked).toHaveLength(1)
    const end = await streamQuery(url, QUESTION, { key: 'k', lastEventId: second.frames.at(-1)?.id ?? '' })
    expect(end.status).toBe(204)
  })

  it('begins anew when its generator is killed, and says so', async () => {
    await scene.worker({ stage: 'encoder,retriever' })
    const victim = await scene.process({ stage: 'generator', lockDuration: '3s' })
    const never = gate()
    scene.llm.say(async function* () {
      yield 'lost '
      await never.opened
    })
    const answer = streamQuery(url, QUESTION, {
      onFrame: ({ data }) => {
        if (!data.includes('lost ')) return
        scene.llm.say(() => words('found ', 'again'))
        victim.kill('SIGKILL')
        void scene.worker({ stage: 'generator', workerName: 'other', lockDuration: '3s' })
      },
    })
    const { parts, done } = await answer
    never.open()
    expect(done).toBe(true)
    expect(types(parts)).toEqual(['sources', 'token', 'restart', 'sources', 'token', 'token', 'result'])
    const from = types(parts).indexOf('restart')
    expect(textOf(parts.slice(from))).toBe('found again')
    expect(parts.at(-1)).toMatchObject({ worker: 'other' })
    expect((await call(url, `/query/${await jobId()}`)).body.answer).toBe('found again')
  })

  it('begins anew when its replica dies in the middle of it', async () => {
    scene.llm.say(async function* () {
      yield 'lost'
      // It is dead once its piece has arrived.
      await eventually(async () => (await redis.xlen(`stream:rag:${await jobId()}`)) >= 3)
      scene.llm.say(() => words('found again'))
      throw new Error('the replica dies')
    })
    await scene.worker()
    const { parts, done } = await streamQuery(url, QUESTION)
    expect(done).toBe(true)
    expect(types(parts)).toEqual(['sources', 'token', 'restart', 'sources', 'token', 'result'])
    expect(textOf(parts.slice(types(parts).indexOf('restart')))).toBe('found again')
  })

  it('that is cancelled ends for everybody, and lets go of the replica', async () => {
    const letGo = gate()
    scene.llm.say(async function* (_asked, signal) {
      yield 'one '
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      letGo.open()
    })
    await scene.worker()
    const answer = streamQuery(url, QUESTION)
    await eventually(async () => (await redis.xlen(`stream:rag:${await jobId()}`)) >= 3)
    const id = await jobId()
    const cancelled = await request(new URL(`/stream?feature_id=rag&chat_id=${id}`, url), {
      method: 'DELETE',
    })
    expect([cancelled.statusCode, await cancelled.body.json()]).toMatchObject([200, { status: 'cancelled' }])
    expect((await answer).error).toMatchObject({ code: 'CHAT_CANCELLED' })
    await letGo.opened
    await eventually(async () => (await redis.get(loadKey('llm', scene.llm.url))) === '0')
    await eventually(async () => (await redis.exists(`job:llm_in:${id}`)) === 0)
  })

  it('that is cancelled before anybody began it is never begun', async () => {
    const answer = streamQuery(url, QUESTION)
    await eventually(async () => (await redis.llen('job:encoder_in:wait')) === 1)
    const id = await jobId()
    await request(new URL(`/stream?feature_id=rag&chat_id=${id}`, url), { method: 'DELETE' }).then(
      ({ body }) => body.dump(),
    )
    expect((await answer).error).toMatchObject({ code: 'CHAT_CANCELLED' })
    expect(await redis.llen('job:encoder_in:wait')).toBe(0)
  })

  it.each([
    ['by the model', { stage: 'encoder,retriever,generator' }, 'generator: no such model'],
    ['before it came to the model', { qdrantUrl: 'http://127.0.0.1:9' }, 'retriever: '],
  ])('that fails %s ends with the error', async (_where, options, detail) => {
    scene.llm.say(() => {
      throw new Refusal(400, 'LLM_MODEL_UNKNOWN', 'no such model')
    })
    await scene.worker(options)
    const { error, done } = await streamQuery(url, QUESTION)
    expect(done).toBe(false)
    expect(error?.detail).toContain(detail.replace('generator: ', ''))
    const { body } = await call(url, `/query/${await jobId()}`)
    expect(body.detail).toContain(detail)
    expect(body.code).toBe(error?.code)
  })

  it('that nobody is there for ends with an error, and its job is kept', async () => {
    const impatient = await scene.gateway({ workerWait: '2s' })
    const { error } = await streamQuery(impatient.url, QUESTION)
    expect(error).toMatchObject({ code: 'CHAT_NO_WORKER' })
    expect(await redis.llen('job:encoder_in:wait')).toBe(1)
  })

  it('whose job was lost between its acceptance and its queue is added again', async () => {
    const answer = streamQuery(url, QUESTION)
    await eventually(async () => (await redis.llen('job:encoder_in:wait')) === 1)
    const id = await jobId()
    // As a gateway leaves it that dies after it has opened the run.
    await redis.del('job:encoder_in:wait', `job:encoder_in:${id}`)
    await scene.worker()
    expect((await answer).done).toBe(true)
  })
})

describe('chats of the feature rag', () => {
  it('are not started by POST /stream', async () => {
    const withBody = await readStream(url, { feature: 'rag', chat: 'mine', body: { prompt: 'x' } })
    expect(withBody.status).toBe(409)
    expect(JSON.parse(withBody.text)).toMatchObject({ code: 'CHAT_RESERVED' })
    const without = await readStream(url, { feature: 'rag', chat: 'mine' })
    expect(without.status).toBe(404)
    expect(await redis.keys('stream:*')).toEqual([])
  })
})

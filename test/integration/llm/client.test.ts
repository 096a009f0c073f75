import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Balancer, createBalancer, type PolicyName } from '../../../src/runtime/balancer/index.ts'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { createLlmClient, type LlmClient } from '../../../src/runtime/llm/client/client.ts'
import type { GenerateBody } from '../../../src/runtime/llm/messages.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { eventually } from '../../support/program.ts'
import { silent as noLog, startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let redis: RedisClient
let closer = createCloser()

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
})
afterAll(() => server.close())
beforeEach(() => redis.flushall())
afterEach(async () => {
  await closer.close()
  closer = createCloser()
})

interface Replica {
  url: string
  asked: GenerateBody[]
  keys: (string | undefined)[]
}

type Handler = (response: ServerResponse, body: GenerateBody, request: IncomingMessage) => void

/** A server that speaks the protocol of the LLM service and behaves as it is told. */
async function startReplica(handle: Handler): Promise<Replica> {
  const asked: GenerateBody[] = []
  const keys: (string | undefined)[] = []
  const http: Server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    asked.push(JSON.parse(text) as GenerateBody)
    keys.push(request.headers.authorization)
    handle(response, asked.at(-1) as GenerateBody, request)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  closer.add(http, async () => {
    http.closeAllConnections()
    await new Promise((resolve) => http.close(resolve))
  })
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, asked, keys }
}

const ANSWER = {
  text: 'Hello you',
  model: 'm',
  provider: 'Mock',
  token_count: 3,
  input_tokens: 1,
  output_tokens: 2,
  cached: false,
  finish_reason: 'stop',
}

const answers: Handler = (response) => {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(ANSWER))
}
const hangs: Handler = () => {}
const drops: Handler = (response) => response.socket?.destroy()
const problem =
  (status: number, code: string, headers: Record<string, string> = {}): Handler =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/problem+json', ...headers })
    response.end(
      JSON.stringify({ type: code, title: 'Title', status, detail: `said ${code}`, code, fix: 'Fix.' }),
    )
  }
const frame = (data: unknown) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
const { text: _, ...DONE } = ANSWER
const streams: Handler = (response) => {
  response.setHeader('content-type', 'text/event-stream')
  response.write(frame({ delta: 'Hello' }) + frame({ delta: ' you' }))
  response.end(frame({ done: DONE }) + frame('[DONE]'))
}

interface Open {
  client: LlmClient
  balancer: Balancer
  /** Resolves once nothing is under way any more. */
  idle(): Promise<void>
}

function open(replicas: readonly Replica[], attempts = 3, policy: PolicyName = 'least-connections'): Open {
  const urls = replicas.map(({ url }) => url)
  const options = { redis, pool: 'llm', policy, urls, random: () => 0, log: noLog }
  const balancer = closer.add(createBalancer(options), (each) => each.close())
  const client = closer.add(createLlmClient({ balancer, log: noLog, attempts, random: () => 0 }), (each) =>
    each.close(),
  )
  const idle = () => eventually(async () => (await balancer.replicas()).every(({ load }) => load === 0))
  return { client, balancer, idle }
}

const within = (ms: number) => ({ deadline: Date.now() + ms })

describe('a question', () => {
  it('is answered by a replica, which is named', async () => {
    const replica = await startReplica(answers)
    const { client, idle, balancer } = open([replica])
    expect(await client.generate({ prompt: 'hi' }, within(30_000))).toEqual({
      ...ANSWER,
      replica: replica.url,
    })
    await idle()
    expect((await balancer.replicas())[0]?.latency).toBeGreaterThan(0)
    const [body] = replica.asked
    expect(body).toMatchObject({ prompt: 'hi', stream: false })
    expect(body?.timeout_ms).toBeGreaterThan(0)
    expect(body?.timeout_ms).toBeLessThanOrEqual(30_000)
  })

  it.each([
    ['drops the connection', drops],
    ['fails', problem(500, 'INTERNAL')],
    ['has a provider that fails', problem(502, 'LLM_UPSTREAM_FAILED')],
    ['answers with something else', ((response) => response.end('<html>')) as Handler],
    ['answers with JSON that is no answer', ((response) => response.end('null')) as Handler],
    ['does not speak HTTP', ((response) => response.socket?.end('SSH-2.0\r\n')) as Handler],
    ['is full', problem(503, 'LLM_OVERLOADED', { 'retry-after': '30' })],
    ['is limited', problem(429, 'LLM_RATE_LIMITED', { 'retry-after': '30' })],
  ])('is answered by another replica when the first %s', async (_name, handler) => {
    const [bad, good] = [await startReplica(handler), await startReplica(answers)]
    const { client, idle } = open([bad, good])
    expect(await client.generate({ prompt: 'hi' })).toMatchObject({ replica: good.url })
    expect([bad.asked.length, good.asked.length]).toEqual([1, 1])
    await idle()
  })

  it('is answered by another replica when the first is not there', async () => {
    const [gone, good] = [{ url: 'http://127.0.0.1:9', asked: [], keys: [] }, await startReplica(answers)]
    const { client, balancer } = open([gone, good])
    expect(await client.generate({ prompt: 'hi' })).toMatchObject({ replica: good.url })
    await eventually(async () => (await balancer.replicas())[0]?.errors === 0.1)
  })

  it('is answered by another replica when the first hangs, with time left for it', async () => {
    const [hanging, good] = [await startReplica(hangs), await startReplica(answers)]
    const { client, idle } = open([hanging, good])
    expect(await client.generate({ prompt: 'hi' }, within(6_000))).toMatchObject({ replica: good.url })
    await idle()
  })

  it('is answered by another replica when the first says that it was too slow, which is not held against it', async () => {
    const [slow, good] = [await startReplica(problem(504, 'LLM_TIMEOUT')), await startReplica(answers)]
    const { client, balancer } = open([slow, good])
    expect(await client.generate({ prompt: 'hi' })).toMatchObject({ replica: good.url })
    await eventually(async () => (await balancer.replicas())[0]?.latency === 1_000)
    expect((await balancer.replicas())[0]?.errors).toBe(0)
  })

  it('may take longer than a minute when it says so', async () => {
    const replica = await startReplica(answers)
    const from = performance.now()
    await open([replica]).client.generate({ prompt: 'hi', timeout_ms: 200_000 })
    // Its share of what is left, which is less by the time that has passed, and by nothing else.
    const passed = performance.now() - from
    expect(replica.asked[0]?.timeout_ms).toBeGreaterThanOrEqual(Math.floor(0.6 * (200_000 - passed)))
    expect(replica.asked[0]?.timeout_ms).toBeLessThanOrEqual(0.6 * 200_000)
  })

  it('is answered by another replica when the first is known to be gone', async () => {
    const gone = new AbortController()
    const silent = await startReplica(() => gone.abort())
    const good = await startReplica(answers)
    const outcomes: string[] = []
    const balancer: Pick<Balancer, 'acquire'> = {
      acquire: async ({ avoid = [] } = {}) => {
        const url = avoid.includes(silent.url) ? good.url : silent.url
        return {
          url,
          ...(url === silent.url ? { gone: gone.signal } : {}),
          release: async ({ kind }) => void outcomes.push(kind),
        }
      },
    }
    const client = closer.add(createLlmClient({ balancer, log: noLog }), (each) => each.close())
    expect(await client.generate({ prompt: 'hi' })).toMatchObject({ replica: good.url })
    expect(outcomes.slice(0, 1)).toEqual(['failed'])
    expect(outcomes).toContain('ok')
  })

  it('is not asked again when it is the question that is wrong', async () => {
    const replica = await startReplica(problem(400, 'HTTP_INVALID'))
    const { client, balancer, idle } = open([replica])
    await expect(client.generate({ prompt: '' })).rejects.toMatchObject({ code: 'HTTP_INVALID', status: 400 })
    expect(replica.asked).toHaveLength(1)
    await idle()
    expect(await balancer.replicas()).toMatchObject([{ errors: 0, latency: 0 }])
  })

  it('is not asked again when the quota of the caller is used up', async () => {
    const replica = await startReplica(problem(429, 'LLM_QUOTA_EXCEEDED', { 'retry-after': '7' }))
    await expect(open([replica]).client.generate({ prompt: 'hi' })).rejects.toMatchObject({
      code: 'LLM_QUOTA_EXCEEDED',
      retryAfter: 7_000,
    })
    expect(replica.asked).toHaveLength(1)
  })

  it('fails with the last failure after as many attempts as are allowed', async () => {
    const replica = await startReplica(problem(502, 'LLM_UPSTREAM_FAILED'))
    await expect(open([replica]).client.generate({ prompt: 'hi' })).rejects.toMatchObject({
      code: 'LLM_UPSTREAM_FAILED',
      status: 502,
    })
    expect(replica.asked).toHaveLength(3)
  })

  it('waits as long as a busy replica asks for', async () => {
    let turned = 0
    const replica = await startReplica((...args) =>
      turned++ === 0 ? problem(503, 'LLM_OVERLOADED', { 'retry-after': '1' })(...args) : answers(...args),
    )
    const from = performance.now()
    expect(await open([replica]).client.generate({ prompt: 'hi' })).toMatchObject({ text: 'Hello you' })
    expect(performance.now() - from).toBeGreaterThan(950)
  })

  it('does not wait longer than its deadline', async () => {
    const replica = await startReplica(problem(503, 'LLM_OVERLOADED', { 'retry-after': '60' }))
    await expect(open([replica]).client.generate({ prompt: 'hi' }, within(20_000))).rejects.toMatchObject({
      code: 'LLM_OVERLOADED',
      retryAfter: 60_000,
    })
    expect(replica.asked).toHaveLength(1)
  })

  it('has an end when everybody hangs', async () => {
    const replicas = [await startReplica(hangs), await startReplica(hangs)]
    const { client, idle } = open(replicas)
    await expect(client.generate({ prompt: 'hi' }, within(1_000))).rejects.toMatchObject({
      code: 'LLM_TIMEOUT',
      status: 504,
    })
    await idle()
  })

  it('is not asked at all after its deadline', async () => {
    const replica = await startReplica(answers)
    const { client, idle } = open([replica])
    await expect(client.generate({ prompt: 'hi' }, within(-1))).rejects.toMatchObject({ code: 'LLM_TIMEOUT' })
    expect(replica.asked).toEqual([])
    await idle()
  })

  it('ends with its caller, and nobody is blamed', async () => {
    const controller = new AbortController()
    const replica = await startReplica(() => controller.abort(new Error('gone')))
    const { client, balancer, idle } = open([replica])
    await expect(client.generate({ prompt: 'hi' }, { signal: controller.signal })).rejects.toThrow('gone')
    await idle()
    expect(await balancer.replicas()).toMatchObject([{ errors: 0, latency: 0 }])
  })

  it('ends with the client, and nobody is blamed or asked in vain', async () => {
    const begun = Promise.withResolvers<void>()
    const replicas = [await startReplica(() => begun.resolve()), await startReplica(answers)]
    const { client, balancer, idle } = open(replicas)
    const answer = client.generate({ prompt: 'hi' })
    await begun.promise
    await Promise.all([expect(answer).rejects.toThrow('destroyed'), client.close()])
    await idle()
    expect(await balancer.replicas()).toMatchObject([
      { errors: 0, latency: 0 },
      { errors: 0, latency: 0 },
    ])
    expect(replicas[1]?.asked).toEqual([])
  })

  it('is refused at once when every replica is out', async () => {
    const replica = await startReplica(drops)
    const { client } = open([replica], 5)
    await expect(client.generate({ prompt: 'hi' })).rejects.toMatchObject({ code: 'LLM_UNREACHABLE' })
    await expect(client.generate({ prompt: 'hi' })).rejects.toMatchObject({
      code: 'BALANCER_NO_REPLICA',
      status: 503,
      retryAfter: expect.any(Number),
    })
    expect(replica.asked).toHaveLength(5)
  })

  it('carries the key', async () => {
    const replica = await startReplica(answers)
    const { balancer } = open([replica])
    const client = closer.add(createLlmClient({ balancer, log: noLog, apiKey: 'k' }), (each) => each.close())
    await client.generate({ prompt: 'hi' })
    expect(replica.keys).toEqual(['Bearer k'])
  })
})

describe('a streamed answer', () => {
  async function read(client: LlmClient, call = {}) {
    const pieces: string[] = []
    const stream = client.stream({ prompt: 'hi' }, call)
    let next = await stream.next()
    for (; !next.done; next = await stream.next()) pieces.push(next.value)
    return { pieces, answer: next.value }
  }

  it('comes in pieces and ends with the whole', async () => {
    const replica = await startReplica(streams)
    const { client, idle } = open([replica])
    const { pieces, answer } = await read(client)
    expect(pieces).toEqual(['Hello', ' you'])
    expect(answer).toEqual({ ...ANSWER, replica: replica.url })
    expect(replica.asked[0]).toMatchObject({ stream: true })
    await idle()
  })

  it.each([
    ['refuses', problem(502, 'LLM_UPSTREAM_FAILED')],
    ['drops the connection', drops],
    ['ends without an answer', ((response) => response.end()) as Handler],
  ])('comes from another replica when the first %s before the first piece', async (_name, handler) => {
    const [bad, good] = [await startReplica(handler), await startReplica(streams)]
    const { answer } = await read(open([bad, good]).client)
    expect(answer.replica).toBe(good.url)
  })

  it.each([
    ['is cut', ((response) => response.destroy()) as Handler, 'LLM_UNREACHABLE'],
    ['ends', ((response) => response.end()) as Handler, 'LLM_UNREACHABLE'],
    [
      'fails',
      ((response) =>
        response.end(
          `event: error\n${frame({ title: 'T', status: 502, detail: 'd', code: 'LLM_UPSTREAM_FAILED' })}`,
        )) as Handler,
      'LLM_UPSTREAM_FAILED',
    ],
  ])('that %s after the first piece is not begun anew elsewhere', async (_name, ending, code) => {
    const begun = await startReplica((response, ...rest) => {
      response.write(frame({ delta: 'Hello' }), () => ending(response, ...rest))
    })
    const other = await startReplica(streams)
    const { client, balancer, idle } = open([begun, other])
    await expect(read(client)).rejects.toMatchObject({ code })
    expect(other.asked).toEqual([])
    await idle()
    expect((await balancer.replicas())[0]?.errors).toBeCloseTo(0.1, 6)
  })

  it('may take all of its time once it has begun', async () => {
    const replica = await startReplica((response, { timeout_ms: ms = 0 }) => {
      for (const part of [0, 0.25, 0.5]) setTimeout(() => response.write(frame({ delta: '.' })), ms * part)
      setTimeout(() => response.end(frame({ done: DONE }) + frame('[DONE]')), ms * 0.7)
    })
    // Ends after the share of a first attempt, and long enough before the deadline for a machine that is busy.
    const { answer } = await read(open([replica]).client, within(6_000))
    expect(answer.text).toBe('...')
    expect(replica.asked[0]?.timeout_ms).toBeGreaterThan(4_000)
  })

  it('that does not end is cut off at its deadline', async () => {
    const replica = await startReplica((response) => {
      setInterval(() => response.writable && response.write(frame({ delta: '.' })), 50).unref()
    })
    const from = performance.now()
    await expect(read(open([replica]).client, within(600))).rejects.toMatchObject({ code: 'LLM_TIMEOUT' })
    expect(performance.now() - from).toBeLessThan(10_000)
  })

  it.each(['5', 'null', '"x"'])('with a frame that is %s is no answer', async (data) => {
    const [bad, good] = [
      await startReplica((response) => response.end(frame(data))),
      await startReplica(streams),
    ]
    expect((await read(open([bad, good]).client)).answer.replica).toBe(good.url)
  })

  it('that nobody reads any more gives its slot back', async () => {
    let closed = false
    const replica = await startReplica((response) => {
      response.once('close', () => {
        closed = true
      })
      response.write(frame({ delta: 'Hello' }))
    })
    const { client, balancer, idle } = open([replica])
    for await (const piece of client.stream({ prompt: 'hi' })) {
      expect(piece).toBe('Hello')
      break
    }
    await idle()
    await eventually(() => closed)
    expect(await balancer.replicas()).toMatchObject([{ errors: 0, latency: 0 }])
  })
})

import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createServiceClient } from '../../../src/cli/llm/service-client.ts'
import { type Balancer, createBalancer } from '../../../src/runtime/balancer/index.ts'
import {
  createCloser,
  type RunningRole,
  resolveConfig,
  type Values,
} from '../../../src/runtime/kernel/index.ts'
import { startLlm } from '../../../src/runtime/llm/llm.ts'
import { options } from '../../../src/runtime/llm/options.ts'
import { freePort } from '../../../src/runtime/platform/process/index.ts'
import { eventually } from '../../support/program.ts'
import { startRawServer } from '../../support/raw-server.ts'
import { silent, startTestRedis, type TestRedis } from '../../support/redis.ts'
import { call, generate } from './service-scene.ts'

let server: TestRedis
let closer: ReturnType<typeof createCloser>

beforeEach(async () => {
  closer = createCloser()
  server = closer.add(await startTestRedis(), (opened) => opened.close())
})
afterEach(() => closer.close())

async function start(flags: Values = {}): Promise<RunningRole & { url: string }> {
  const given = { redisUrl: server.url, port: 0, provider: 'mock', mockLatency: '0ms', ...flags }
  const { values } = resolveConfig(options, { flags: given })
  const role = closer.add(await startLlm(values, { log: silent, name: 'llm-1' }), (opened) => opened.stop())
  return { ...role, url: role.facts.url as string }
}

function balancer(): Balancer {
  const opened = createBalancer({ redis: server.connect('request'), pool: 'llm', log: silent })
  return closer.add(opened, (balancer) => balancer.close())
}

const question = { prompt: 'What is machine learning?', max_tokens: 20 }

describe('the role llm', () => {
  it('answers with the mock, says what it has, and is found by the balancer until it stops', async () => {
    const role = await start()
    const pool = balancer()
    expect(role.facts).toMatchObject({
      provider: 'mock',
      model: 'mock',
      providers: 'mock',
      docs: `${role.url}/docs`,
    })
    await eventually(async () => (await pool.replicas()).length === 1)
    expect((await pool.replicas())[0]).toMatchObject({ url: role.url, load: 0 })
    expect((await generate(role.url, question)).body).toMatchObject({
      provider: 'Mock',
      cached: false,
      output_tokens: 20,
    })
    expect((await generate(role.url, question)).body.cached).toBe(true)
    expect(await generate(role.url, { ...question, provider: 'openai' })).toMatchObject({
      status: 400,
      body: { code: 'LLM_PROVIDER_UNCONFIGURED' },
    })
    expect(await generate(role.url, { ...question, provider: 'nobody' })).toMatchObject({
      status: 400,
      body: { code: 'LLM_PROVIDER_UNKNOWN' },
    })
    await role.stop()
    expect(await pool.replicas()).toEqual([])
  })

  it('comes up and answers without Redis', async () => {
    const role = await start({ redisUrl: `redis://127.0.0.1:${await freePort()}` })
    expect((await generate(role.url, question)).status).toBe(200)
    expect(await call(role.url, '/ready')).toMatchObject({
      status: 200,
      body: { checks: { cache: expect.stringMatching(/^degraded/) } },
    })
  })

  it('answers what is under way before it stops', async () => {
    const asked = Promise.withResolvers<ServerResponse>()
    const upstream = closer.add(await startRawServer(asked.resolve), (opened) => opened.close())
    const role = await start({ provider: 'openai', openaiApiKey: 'k', openaiUrl: `${upstream.url}/v1` })
    const under = generate(role.url, question)
    const response = await asked.promise
    const stopped = role.stop()
    const message = { role: 'assistant', content: 'Learning.' }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ choices: [{ message, finish_reason: 'stop' }] }))
    await stopped
    expect(await under).toMatchObject({ status: 200, body: { text: 'Learning.' } })
  })

  it('is registered where others reach it', async () => {
    await start({ advertiseUrl: 'http://llm.example:8001' })
    const pool = balancer()
    await eventually(async () => (await pool.replicas())[0]?.url === 'http://llm.example:8001')
  })

  it('serves the commands', async () => {
    const { url } = await start({ apiKeys: 'k1,k2' })
    const signal = new AbortController().signal
    const client = closer.add(createServiceClient({ url, apiKey: 'k2' }, signal), (opened) => opened.close())
    expect(await client.providers()).toContainEqual(expect.objectContaining({ name: 'mock', state: 'ready' }))
    const pieces: string[] = []
    const stream = client.stream(question)
    let step = await stream.next()
    for (; !step.done; step = await stream.next()) pieces.push(step.value)
    expect(step.value).toMatchObject({ text: pieces.join(''), finish_reason: 'length' })
    expect(await client.generate(question)).toEqual({ ...step.value, cached: true })
    expect(await client.cacheHealth()).toMatchObject({ status: 'ok' })
    expect(await client.clearCache()).toEqual({ status: 'cleared', removed: 1 })
    const stranger = closer.add(createServiceClient({ url, apiKey: undefined }, signal), (opened) =>
      opened.close(),
    )
    await expect(stranger.providers()).rejects.toMatchObject({ code: 'LLM_API_KEY_REQUIRED', exitCode: 77 })
    const nowhere = { url: `http://127.0.0.1:${await freePort()}`, apiKey: undefined }
    const lost = closer.add(createServiceClient(nowhere, signal), (opened) => opened.close())
    await expect(lost.providers()).rejects.toMatchObject({ code: 'LLM_UNREACHABLE' })
    await expect(lost.generate(question)).rejects.toMatchObject({ code: 'LLM_UNREACHABLE' })
  })
})

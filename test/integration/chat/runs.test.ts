import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createPools } from '../../../src/runtime/chat/pools.ts'
import { createChatQueues } from '../../../src/runtime/chat/queues.ts'
import { createRuns, type Runs } from '../../../src/runtime/chat/runs.ts'
import { createTranscript, type Transcript } from '../../../src/runtime/chat/transcript.ts'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { silent, startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let redis: RedisClient
let transcript: Transcript
let runs: Runs
const closer = createCloser()
const chat = { feature: 'f', chat: 'c' }

beforeAll(async () => {
  server = await startTestRedis()
  closer.add(server, () => server.close())
  redis = server.connect()
  transcript = createTranscript(redis, 60_000)
  const queues = createChatQueues({ redis, pools: createPools(redis), log: silent })
  closer.add(queues, () => queues.close())
  runs = createRuns(transcript, queues)
})
afterAll(() => closer.close())
beforeEach(() => redis.flushall())

const jobs = () => redis.llen('{chat}:default:wait')
const end = (run: string) => transcript.append(chat, { run, kind: 'done', data: '[DONE]' })

describe('opening a chat', () => {
  it('adds one job, however many open it at once', async () => {
    const states = await Promise.all(Array.from({ length: 100 }, () => runs.open(chat, { prompt: 'hi' })))
    expect(states.filter(({ won }) => won)).toHaveLength(1)
    expect(new Set(states.map(({ run }) => run)).size).toBe(1)
    expect(await jobs()).toBe(1)
  })

  it('joins whatever run is there when no body is sent', async () => {
    const { run } = await runs.open(chat, { prompt: 'hi' })
    expect(await runs.open(chat, undefined)).toMatchObject({ won: false, run })
    await end(run)
    expect(await runs.open(chat, undefined)).toMatchObject({ won: false, run, kind: 'done' })
  })

  it('joins the run that answers the same input, under way or ended', async () => {
    const { run } = await runs.open(chat, { prompt: 'hi' })
    expect(await runs.open(chat, { prompt: 'hi' })).toMatchObject({ won: false, run })
    await end(run)
    expect(await runs.open(chat, { prompt: 'hi' })).toMatchObject({ won: false, run })
    expect(await jobs()).toBe(1)
  })

  it('takes an empty body for no particular input', async () => {
    const { run } = await runs.open(chat, undefined)
    expect(await runs.open(chat, {})).toMatchObject({ won: false, run })
  })

  it('is CHAT_BUSY while it answers another input', async () => {
    await runs.open(chat, { prompt: 'hi' })
    await expect(runs.open(chat, { prompt: 'ho' })).rejects.toMatchObject({ code: 'CHAT_BUSY', status: 409 })
    expect(await jobs()).toBe(1)
  })

  it('starts anew on another input once the run has ended', async () => {
    const { run } = await runs.open(chat, { prompt: 'hi' })
    await end(run)
    const next = await runs.open(chat, { prompt: 'ho' })
    expect(next.won).toBe(true)
    expect(next.run).not.toBe(run)
    expect(await jobs()).toBe(2)
  })

  it('gives one of several new inputs the ended chat and the others CHAT_BUSY', async () => {
    const { run } = await runs.open(chat, { prompt: 'hi' })
    await end(run)
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => runs.open(chat, { prompt: `new ${i}` })),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'CHAT_BUSY' })
    }
  })
})

describe('adding the job of a run again', () => {
  it('changes nothing while the job is there', async () => {
    const { run } = await runs.open(chat, { prompt: 'hi' })
    await runs.enqueue(chat, run, { prompt: 'hi' })
    expect(await jobs()).toBe(1)
  })
})

describe('cancelling a chat', () => {
  it('ends it for its readers and takes its job off the queue', async () => {
    const { run } = await runs.open(chat, undefined)
    expect(await runs.cancel(chat)).toEqual({ run })
    const newest = await transcript.newest(chat)
    expect(newest?.kind).toBe('error')
    expect(JSON.parse(newest?.data ?? '')).toMatchObject({ code: 'CHAT_CANCELLED' })
    expect(await jobs()).toBe(0)
  })

  it('fails with CHAT_NOT_FOUND where there is none', async () => {
    await expect(runs.cancel(chat)).rejects.toMatchObject({ code: 'CHAT_NOT_FOUND' })
  })

  it('fails with CHAT_FINISHED when it has ended, also by another cancel at the same time', async () => {
    await runs.open(chat, undefined)
    const results = await Promise.allSettled([runs.cancel(chat), runs.cancel(chat)])
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    await expect(runs.cancel(chat)).rejects.toMatchObject({ code: 'CHAT_FINISHED' })
  })
})

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ChatJob } from '../../../src/runtime/chat/messages.ts'
import { createPools, type Pools } from '../../../src/runtime/chat/pools.ts'
import { type ChatQueues, createChatQueues } from '../../../src/runtime/chat/queues.ts'
import { createRuns, type Runs } from '../../../src/runtime/chat/runs.ts'
import { createTranscript, type Transcript } from '../../../src/runtime/chat/transcript.ts'
import { createWatchdog, type Watchdog } from '../../../src/runtime/chat/watchdog.ts'
import { createCloser, FatalError } from '../../../src/runtime/kernel/index.ts'
import { openQueueWorker } from '../../../src/runtime/platform/queue/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { silent, startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let redis: RedisClient
let transcript: Transcript
let pools: Pools
let queues: ChatQueues
let runs: Runs
let watchdog: Watchdog
let closer: ReturnType<typeof createCloser>
const chat = { feature: 'f', chat: 'c' }
const input = { prompt: 'hi' }
const PATIENCE = { timeout: 20_000 }

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
})
afterAll(() => server.close())
beforeEach(async () => {
  await redis.flushall()
  closer = createCloser()
  transcript = createTranscript(redis, 60_000)
  pools = createPools(redis)
  queues = createChatQueues({ redis, pools, log: silent })
  closer.add(queues, () => queues.close())
  runs = createRuns(transcript, queues)
})
afterEach(() => closer.close())

/** Watches the chat as one reader would. */
function watch(run: string, workerWait = 60_000) {
  watchdog = createWatchdog({ transcript, queues, pools, runs, workerWait, log: silent })
  closer.add(watchdog, () => watchdog.close())
  const moved: string[] = []
  const abandoned: string[] = []
  const watching = watchdog.watch(chat, run, input, {
    onMoved: (to) => moved.push(to),
    onAbandoned: ({ code }) => abandoned.push(code),
  })
  return { moved, abandoned, ...watching }
}

const waiting = () => redis.lrange('{chat}:default:wait', 0, -1)

describe('the watchdog of a quiet chat', () => {
  it('adds the job that a crash kept from being added', async () => {
    await transcript.start(chat, 'r', input)
    watch('r')
    await expect.poll(waiting, PATIENCE).toEqual(['r'])
    expect((await queues.state('f', 'r')).state).toBe('waiting')
    expect(JSON.parse((await redis.hget('{chat}:default:r', 'data')) ?? '')).toMatchObject({ input })
  })

  it('ends a chat whose job has failed unheard', async () => {
    const { run } = await runs.open(chat, input)
    const worker = openQueueWorker<ChatJob>('default', {
      redis,
      prefix: '{chat}',
      name: 'w',
      concurrency: 1,
      lockDuration: 10_000,
      maxCrashes: 1,
      process: () => Promise.reject(new FatalError('unheard')),
      onFailed: () => {},
      log: silent,
    })
    closer.add(worker, () => worker.drain())
    watch(run)
    await expect.poll(async () => (await transcript.newest(chat))?.kind, PATIENCE).toBe('error')
    expect(JSON.parse((await transcript.newest(chat))?.data ?? '')).toMatchObject({ code: 'CHAT_LOST' })
  })

  it('starts the chat again when Redis was flushed, and tells its readers', async () => {
    const { run } = await runs.open(chat, input)
    const { moved } = watch(run)
    await redis.flushall()
    await expect.poll(() => moved.length, PATIENCE).toBe(1)
    const newest = await transcript.newest(chat)
    expect(newest).toMatchObject({ kind: 'open', run: moved[0], data: JSON.stringify(input) })
    expect(moved[0]).not.toBe(run)
    expect(await waiting()).toEqual(moved)
  })

  it('tells its readers when another run has taken the place of theirs', async () => {
    await transcript.start(chat, 'other', input)
    const { moved } = watch('r')
    await expect.poll(() => moved, PATIENCE).toEqual(['other'])
  })

  it('keeps a waiting chat from expiring', async () => {
    const { run } = await runs.open(chat, input)
    await redis.pexpire('stream:f:c', 30_000)
    watch(run)
    await expect.poll(() => redis.pttl('stream:f:c'), PATIENCE).toBeGreaterThan(30_000)
  })

  it('sends its readers away when no worker has been there for too long', async () => {
    const { run } = await runs.open(chat, input)
    const { abandoned } = watch(run, 0)
    await expect.poll(() => abandoned, PATIENCE).toContain('CHAT_NO_WORKER')
    expect(await waiting()).toEqual([run])
  })

  it('waits as long as a worker lives', async () => {
    await pools.announce('default', 'w')
    const { run } = await runs.open(chat, input)
    await redis.pexpire('stream:f:c', 30_000)
    const { abandoned } = watch(run, 0)
    // The touch shows that it has looked.
    await expect.poll(() => redis.pttl('stream:f:c'), PATIENCE).toBeGreaterThan(30_000)
    expect(abandoned).toEqual([])
  })

  it('looks at nothing that nobody reads', async () => {
    await transcript.start(chat, 'r', input)
    const other = { feature: 'f', chat: 'watched' }
    await transcript.start(other, 'r2', input)
    watch('r').release()
    const still = watchdog.watch(other, 'r2', input, { onMoved: () => {}, onAbandoned: () => {} })
    await expect.poll(waiting, PATIENCE).toEqual(['r2'])
    still.release()
  })

  it('adds no job for a stream that a foreign program writes', async () => {
    const kept = await runs.open({ feature: 'f', chat: 'lost' }, input)
    await redis.flushall()
    await redis.xadd('stream:f:c', '*', 'data', '{"x":1}')
    watch('')
    // Another chat that does need its job shows that the watchdog has looked.
    await transcript.start({ feature: 'f', chat: 'lost' }, kept.run, input)
    const second = watchdog.watch({ feature: 'f', chat: 'lost' }, kept.run, input, {
      onMoved() {},
      onAbandoned() {},
    })
    await expect.poll(waiting, PATIENCE).toEqual([kept.run])
    second.release()
    expect(await waiting()).toEqual([kept.run])
  })
})

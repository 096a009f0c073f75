import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ChatBackend } from '../../../src/runtime/chat/backend.ts'
import type { ChatJob } from '../../../src/runtime/chat/messages.ts'
import { createPools } from '../../../src/runtime/chat/pools.ts'
import { type ChatQueues, createChatQueues } from '../../../src/runtime/chat/queues.ts'
import { createRuns, type Runs } from '../../../src/runtime/chat/runs.ts'
import { createTranscript } from '../../../src/runtime/chat/transcript.ts'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import type { JobState } from '../../../src/runtime/platform/queue/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { silent, startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let redis: RedisClient
let queues: ChatQueues
let runs: Runs
let jobs: Map<string, ChatJob>
const closer = createCloser()

const backend: ChatBackend = {
  async add(job) {
    if (!jobs.has(job.run)) jobs.set(job.run, job)
  },
  state: async (run): Promise<JobState> => (jobs.has(run) ? 'waiting' : 'unknown'),
  async remove(run) {
    jobs.delete(run)
  },
  isAlive: async () => true,
}

beforeAll(async () => {
  server = await startTestRedis()
  closer.add(server, () => server.close())
  redis = server.connect()
  queues = createChatQueues({ redis, pools: createPools(redis), backends: { own: backend }, log: silent })
  closer.add(queues, () => queues.close())
  runs = createRuns(createTranscript(redis, 60_000), queues)
})
afterAll(() => closer.close())
beforeEach(async () => {
  jobs = new Map()
  await redis.flushall()
})

const chat = { feature: 'own', chat: 'c' }
const input = { query: { text: 'Who?' } }

describe('a feature with a backend', () => {
  it('has its jobs there, under the run it names, and in no pool', async () => {
    const state = await runs.open(chat, input, 'r1')
    expect(state).toMatchObject({ won: true, run: 'r1' })
    expect([...jobs.values()]).toEqual([{ feature_id: 'own', chat_id: 'c', run: 'r1', input }])
    expect(await queues.state('own', 'r1')).toEqual({ state: 'waiting', pool: 'own' })
    expect(await redis.keys('{chat}*')).toEqual([])
  })

  it('joins a run of the same name, also when it has ended', async () => {
    await runs.open(chat, input, 'r1')
    expect(await runs.open(chat, input, 'r1')).toMatchObject({ won: false, run: 'r1' })
    await createTranscript(redis, 60_000).append(chat, { run: 'r1', kind: 'done', data: '[DONE]' })
    expect(await runs.open(chat, input, 'r1')).toMatchObject({ won: false, run: 'r1', kind: 'done' })
    expect(jobs.size).toBe(1)
  })

  it('takes back the job of a run that is cancelled', async () => {
    await runs.open(chat, input, 'r1')
    expect(await runs.cancel(chat)).toEqual({ run: 'r1' })
    expect(jobs.size).toBe(0)
  })

  it('changes nothing for others, whatever they are called', async () => {
    for (const feature of ['other', 'constructor', '__proto__']) {
      await runs.open({ feature, chat: 'c' }, { prompt: 'x' })
    }
    expect(jobs.size).toBe(0)
    expect(await redis.llen('{chat}:default:wait')).toBe(3)
  })
})

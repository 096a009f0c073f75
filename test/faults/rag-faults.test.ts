import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { loadKey } from '../../src/runtime/balancer/index.ts'
import { connectRedis, disconnectRedis, type RedisClient } from '../../src/runtime/platform/redis/index.ts'
import type { StreamMessage } from '../../src/runtime/rag/messages.ts'
import { call } from '../support/events.ts'
import { type Chance, chanceFor } from '../support/faults.ts'
import { agentctl, eventually, startServe, type TestServe, workplace } from '../support/program.ts'
import { streamQuery } from '../support/rag.ts'
import {
  allReady,
  atRest,
  expectSame,
  judge,
  type Load,
  type Outcome,
  replicaOf,
  startLoad,
  teach,
} from '../support/rag-faults.ts'
import { textOf } from '../support/rag-streams.ts'
import { silent } from '../support/redis.ts'

const place = workplace()
let serve: TestServe
let redis: RedisClient

/** Long enough for something to happen in the middle of it: it takes four seconds. */
const LEGEND = {
  id: 'legend',
  text: `Stormwatch ${'climbs the tower and counts every sail that comes around the cape, '.repeat(4)}all night.`,
}
const LEGEND_ANSWER = `${LEGEND.text} [1]`
const TELL = { query: 'What does Stormwatch count?', use_cache: false }

beforeAll(async () => {
  Object.assign(place.env, {
    // So that the jobs of a worker that died move on soon.
    AGENTCTL_LOCK_DURATION: '2s',
    AGENTCTL_MOCK_LATENCY: '80ms',
    AGENTCTL_MOCK_TOKENS_PER_SECOND: '20',
  })
  serve = await startServe(place, '--ephemeral', '--roles', 'gateway,rag,llm=3')
  redis = connectRedis({ url: serve.redisUrl, purpose: 'request', name: 'test', log: silent })
  await teach(serve.url)
  await call(serve.url, '/documents', { body: LEGEND })
})

afterAll(async () => {
  if (redis) await disconnectRedis(redis)
  await serve?.stop()
  place.remove()
})

afterEach(() => allReady(serve))

/** Has queries asked all the time; `fault` happens in between, some more are asked afterwards. */
async function during(
  name: string,
  fault: (chance: Chance, load: Load) => Promise<void>,
  again: readonly string[] = [],
): Promise<Outcome[]> {
  const chance = chanceFor(name)
  const load = startLoad({ url: serve.url, name: `${name}.${chance.seed}`, again })
  await load.more(chance.between(60, 120))
  await fault(chance, load)
  await load.more(100)
  const outcomes = await load.end()
  await atRest(redis)
  return outcomes
}

/** One of the replicas, in the middle of a request. */
async function busyReplica(chance: Chance): Promise<number> {
  const { pid, url } = await replicaOf(serve, `llm-${chance.between(1, 3)}`)
  await eventually(async () => Number(await redis.get(loadKey('llm', url))) > 0)
  return pid
}

describe('a replica of the LLM service', () => {
  it('killed with SIGKILL under load: nobody notices', async () => {
    const outcomes = await during('replica-killed', async (chance) => {
      process.kill(await busyReplica(chance), 'SIGKILL')
    })
    expect(judge('replica-killed', outcomes)).toMatchObject({ errors: {}, troubles: {} })
    await expectSame(serve.url, outcomes)
  })

  it('that hangs under load: the others answer what it was asked, and it comes back', async () => {
    const outcomes = await during('replica-paused', async (chance, load) => {
      const pid = await busyReplica(chance)
      process.kill(pid, 'SIGSTOP')
      try {
        await load.more(100)
        await load.end()
      } finally {
        process.kill(pid, 'SIGCONT')
      }
    })
    expect(judge('replica-paused', outcomes)).toMatchObject({ errors: {}, troubles: {} })
  })
})

describe('the gateway', () => {
  it('killed with SIGKILL under load: under the same key every query has one answer', async () => {
    const outcomes = await during('gateway-killed', async () => {
      process.kill((await replicaOf(serve, 'gateway-1')).pid, 'SIGKILL')
    })
    const { errors, troubles } = judge('gateway-killed', outcomes)
    expect(errors).toEqual({})
    // Of the connections that were cut; whoever comes back late finds the next gateway there already.
    expect(Object.keys(troubles)).toContainEqual(expect.stringMatching(/^(ECONN|UND_ERR_SOCKET)/))
    await expectSame(serve.url, outcomes)
  })

  it('restarted in order under load: those who wait are answered before it goes, the others told to come back', async () => {
    const restart = async () => {
      const { exitCode } = await agentctl(place, 'restart', 'gateway')
      expect(exitCode).toBe(0)
    }
    const outcomes = await during('gateway-restarted', restart, ['RAG_STOPPING'])
    const { errors, troubles } = judge('gateway-restarted', outcomes)
    expect(errors).toEqual({})
    // A kept connection that is closed as it is used again is UND_ERR_SOCKET or ECONNRESET, as it happens.
    const harmless = /^(RAG_STOPPING|ECONN|UND_ERR_SOCKET)/
    expect(Object.keys(troubles).filter((code) => !harmless.test(code))).toEqual([])
    await expectSame(serve.url, outcomes)
  })

  it('killed while an answer is shown: `agentctl query --stream` shows the rest of it', async () => {
    const { pid } = await replicaOf(serve, 'gateway-1')
    const args = ['query', TELL.query, '--no-cache', '--stream', '--json', '--gateway-url', serve.url]
    const client = agentctl(place, ...args)
    let killed = false
    client.stdout.on('data', (chunk: Buffer) => {
      if (killed || !chunk.toString().includes('"token"')) return
      killed = true
      process.kill(pid, 'SIGKILL')
    })
    const { stdout, stderr, exitCode } = await client
    const parts = stdout.split('\n').map((line) => JSON.parse(line) as StreamMessage)
    expect([exitCode, killed, stderr]).toEqual([0, true, expect.stringContaining('Connection lost')])
    expect(parts.map(({ type }) => type)).not.toContain('restart')
    expect(textOf(parts)).toBe(LEGEND_ANSWER)
    expect(parts.at(-1)?.type).toBe('result')
  })
})

describe('the worker of the pipeline', () => {
  it('killed with SIGKILL under load: everything that was accepted is answered', async () => {
    const outcomes = await during('worker-killed', async () => {
      await eventually(async () => (await redis.llen('job:llm_in:active')) > 0)
      process.kill((await replicaOf(serve, 'rag-1')).pid, 'SIGKILL')
    })
    expect(judge('worker-killed', outcomes)).toMatchObject({ errors: {}, troubles: {} })
    await expectSame(serve.url, outcomes)
  })

  it('killed in the middle of an answer: it begins anew, for those who stayed and those who come back', async () => {
    const { pid } = await replicaOf(serve, 'rag-1')
    const key = 'stormwatch'
    const SEEN = 8
    let seen = 0
    const staying = streamQuery(serve.url, TELL, {
      key,
      onFrame() {
        if (++seen === SEEN + 4) process.kill(pid, 'SIGKILL')
      },
    })
    const left = await streamQuery(serve.url, TELL, { key, leaveAfter: SEEN })
    const lastEventId = left.frames.at(-1)?.id ?? ''
    const back = await streamQuery(serve.url, TELL, { key, lastEventId })
    for (const parts of [(await staying).parts, [...left.parts, ...back.parts]]) {
      const restart = parts.findIndex(({ type }) => type === 'restart')
      expect(restart).toBeGreaterThanOrEqual(SEEN)
      const before = textOf(parts.slice(0, restart))
      expect(LEGEND_ANSWER.startsWith(before) && before.length < LEGEND_ANSWER.length).toBe(true)
      const after = parts.slice(restart + 1)
      expect(after[0]).toMatchObject({ type: 'sources', contexts: [{ id: 'legend#0' }, {}, {}, {}] })
      expect(new Set(after.slice(1, -1).map(({ type }) => type))).toEqual(new Set(['token']))
      expect(textOf(after)).toBe(LEGEND_ANSWER)
      expect(after.at(-1)).toMatchObject({ type: 'result', worker: 'rag-1' })
    }
    expect([(await staying).done, back.done]).toEqual([true, true])
    await atRest(redis)
  })
})

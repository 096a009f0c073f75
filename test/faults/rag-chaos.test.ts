import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { isAlive } from '../../src/runtime/platform/process/index.ts'
import { connectRedis, disconnectRedis, type RedisClient } from '../../src/runtime/platform/redis/index.ts'
import { chanceFor } from '../support/faults.ts'
import { agentctl, startServe, type TestServe, workplace } from '../support/program.ts'
import { allReady, atRest, judge, startLoad, teach } from '../support/rag-faults.ts'
import { startStreams } from '../support/rag-streams.ts'
import { silent } from '../support/redis.ts'

const place = workplace()
let serve: TestServe
let redis: RedisClient

beforeAll(async () => {
  Object.assign(place.env, {
    AGENTCTL_LOCK_DURATION: '2s',
    AGENTCTL_MOCK_LATENCY: '80ms',
    AGENTCTL_MOCK_TOKENS_PER_SECOND: '50',
  })
  serve = await startServe(place, '--roles', 'gateway,encoder=2,retriever=2,generator=2,llm=3')
  redis = connectRedis({ url: serve.redisUrl, purpose: 'request', name: 'test', log: silent })
  await teach(serve.url)
})

afterAll(async () => {
  if (redis) await disconnectRedis(redis)
  await serve?.stop()
  place.remove()
})

it('stages and replicas scaled and restarted in order under load: nobody notices', async () => {
  const load = startLoad({ url: serve.url, name: 'scaled' })
  for (const args of [
    ['scale', 'llm=1'],
    ['scale', 'generator=1'],
    ['scale', 'llm=3'],
    ['restart', 'encoder'],
    ['restart', 'generator'],
    ['scale', 'generator=2'],
  ]) {
    await load.more(30)
    const { exitCode, stderr } = await agentctl(place, ...args)
    expect([args, exitCode, stderr]).toEqual([args, 0, stderr])
  }
  await load.more(60)
  const outcomes = await load.end()
  await allReady(serve)
  await atRest(redis)
  expect(judge('scaled', outcomes)).toMatchObject({ errors: {}, troubles: {} })
})

/** Any of them may be killed, and all but Redis paused for a while. */
const VICTIMS = [
  'gateway-1',
  'encoder-1',
  'retriever-2',
  'generator-1',
  'generator-2',
  'llm-1',
  'llm-2',
  'llm-3',
  'redis-1',
]

it('one part after the other killed or paused at random: every query and every stream has its answer', async () => {
  const chance = chanceFor('chaos')
  const load = startLoad({ url: serve.url, name: 'chaos', inFlight: 12, again: ['REDIS_UNREACHABLE'] })
  const streams = startStreams(serve.url, 'chaos-stream', 8)
  const faults: string[] = []
  const resuming: Promise<void>[] = []
  while (faults.length < 9) {
    await pause(chance.between(300, 1_500))
    const name = chance.pick(VICTIMS)
    const replica = (await serve.ps()).replicas.find((candidate) => candidate.name === name)
    // One that is restarted too often is not restarted for a while; one that was just killed may still be listed as it was.
    if (!replica?.pid || replica.state !== 'ready' || replica.restarts >= 3 || !isAlive(replica.pid)) continue
    const { pid, role } = replica
    const paused = role !== 'redis' && chance.between(1, 3) === 1
    process.kill(role === 'redis' ? -pid : pid, paused ? 'SIGSTOP' : 'SIGKILL')
    if (paused) resuming.push(pause(chance.between(500, 5_000)).then(() => resume(pid)))
    faults.push(`${paused ? 'pause' : 'kill'} ${name}`)
  }
  await Promise.all(resuming)
  const outcomes = await load.end()
  const { whole, restarts, wrong } = await streams.end()
  process.stderr.write(`${faults.join(', ')}; ${whole} streams, ${restarts} of them begun anew\n`)
  await allReady(serve)
  await atRest(redis)
  expect([judge('chaos', outcomes).errors, wrong]).toEqual([{}, []])
  expect(whole).toBeGreaterThan(0)
})

/** It may have been killed in the meantime. */
function resume(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT')
  } catch {}
}

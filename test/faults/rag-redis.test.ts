import { afterEach, describe, expect, it } from 'vitest'
import { connectRedis, disconnectRedis } from '../../src/runtime/platform/redis/index.ts'
import { call } from '../support/events.ts'
import { chanceFor } from '../support/faults.ts'
import { eventually, type TestServe } from '../support/program.ts'
import { allReady, atRest, judge, startLoad, type Tally, teach } from '../support/rag-faults.ts'
import { silent, startTestRedis, type TestRedis } from '../support/redis.ts'
import { createScene } from '../support/scene.ts'

const scene = createScene()
let own: TestRedis | undefined

afterEach(async () => {
  await scene.running?.stop()
  await own?.close()
  own = undefined
})

const ENV = {
  AGENTCTL_LOCK_DURATION: '2s',
  AGENTCTL_MOCK_LATENCY: '80ms',
  AGENTCTL_MOCK_TOKENS_PER_SECOND: '50',
}

function startRag(args: readonly string[], env: Record<string, string> = {}): Promise<TestServe> {
  return scene.serve([...args, '--roles', 'gateway,rag,llm=3'], { ...ENV, ...env })
}

/** Has queries asked all the time, `fault` in between; whoever is refused for want of Redis asks again. */
async function during(name: string, serve: TestServe, fault: () => Promise<void>): Promise<Tally> {
  const chance = chanceFor(name)
  await teach(serve.url)
  const load = startLoad({ url: serve.url, name, again: ['REDIS_UNREACHABLE'] })
  await load.more(chance.between(60, 120))
  await fault()
  await load.more(120)
  const outcomes = await load.end()
  await allReady(serve)
  await withRedis(serve, (redis) => atRest(redis))
  return judge(name, outcomes)
}

/** Has one thing done by a client of its own. */
async function withRedis<T>(
  { redisUrl: url }: TestServe,
  work: (redis: ReturnType<typeof connectRedis>) => Promise<T>,
) {
  const redis = connectRedis({ url, purpose: 'request', name: 'test', log: silent })
  try {
    return await work(redis)
  } finally {
    await disconnectRedis(redis)
  }
}

describe('Redis under load', () => {
  it('killed and started again at once: every query has its answer', async () => {
    const serve = await startRag([])
    const { errors } = await during('redis-killed', serve, async () => {
      const info = await withRedis(serve, (redis) => redis.info('server'))
      process.kill(Number(/^process_id:(\d+)/m.exec(info)?.[1]), 'SIGKILL')
      await eventually(async () =>
        (await serve.ps()).replicas.some(
          ({ role, restarts, state }) => role === 'redis' && restarts === 1 && state === 'ready',
        ),
      )
    })
    expect(errors).toEqual({})
  })

  it('away for a while: who asks now is told so, who had asked before has an answer when it is back', async () => {
    const redis = await startTestRedis(false)
    own = redis
    const serve = await startRag([], { REDIS_URL: redis.url })
    const { errors } = await during('redis-away', serve, async () => {
      await redis.kill()
      for (let i = 0; i < 3; i++) {
        expect(await call(serve.url, '/query', { body: { query: `Anything ${i}?` } })).toMatchObject({
          status: 503,
          body: { code: 'REDIS_UNREACHABLE' },
        })
      }
      await redis.start()
    })
    expect(errors).toEqual({})
  })

  it('flushed: what was accepted is asked again, and answered', async () => {
    const serve = await startRag(['--ephemeral'])
    const { errors, troubles } = await during('redis-flushed', serve, async () => {
      await withRedis(serve, (redis) => redis.flushall())
    })
    expect([errors, troubles]).toEqual([{}, {}])
  })
})

import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectRedis, disconnectRedis } from '../../src/runtime/platform/redis/index.ts'
import { agentctl, allGone, eventually, startServe, type TestServe, workplace } from '../support/program.ts'
import { silent } from '../support/redis.ts'
import { readStream } from '../support/sse.ts'

const place = workplace()
let serve: TestServe

beforeAll(async () => {
  serve = await startServe(place, '--roles', 'gateway=1,worker=1')
})
afterAll(async () => {
  await serve?.stop()
  place.remove()
})

async function orchestrator<T>(...args: string[]): Promise<T> {
  const { stdout, stderr, exitCode } = await agentctl(place, 'orchestrator', ...args, '--json')
  expect(exitCode, stdout + stderr).toBe(0)
  return JSON.parse(stdout) as T
}

/** Which pool answers a chat of this feature, and which worker of it. */
async function answeredBy(feature: string, chat: string) {
  const { messages, done } = await readStream(serve.url, { feature, chat })
  expect(done).toBe(true)
  const [message] = messages as { container_feature_id: string; container_id: string }[]
  return { pool: message?.container_feature_id, worker: message?.container_id }
}

const replicasOf = async (role: string) => (await serve.ps()).replicas.filter((one) => one.role === role)

describe('agentctl orchestrator under serve', () => {
  it('has not been needed so far, and is not there', async () => {
    expect(await replicasOf('orchestrator')).toEqual([])
    expect(await answeredBy('support', 'before')).toMatchObject({ pool: 'default' })
  })

  it('create gives a feature its own workers, and the gateway sends its jobs there', {
    timeout: 180_000,
  }, async () => {
    const made = await orchestrator('create', '--feature', 'support', '--min', '2', '--timeout', '120s')
    expect(made).toMatchObject({
      feature_id: 'support',
      state: 'ready',
      ready: 2,
      min: 2,
      max: 5,
      idle_timeout_s: 300,
    })
    const [first, second] = await replicasOf('worker@support')
    expect([first?.state, second?.state]).toEqual(['ready', 'ready'])
    const answer = await answeredBy('support', 'after')
    expect(answer.pool).toBe('support')
    expect([first?.name, second?.name]).toContain(answer.worker)
    expect(await answeredBy('other', 'after')).toMatchObject({ pool: 'default' })
  })

  it('list shows it in all forms', async () => {
    const features = await orchestrator<object[]>('list')
    expect(features).toEqual([
      expect.objectContaining({ feature_id: 'support', state: 'ready', replicas: 2, problem: null }),
    ])
    const { stdout } = await agentctl(place, 'orchestrator', 'list')
    expect(stdout).toMatch(/FEATURE +STATE +READY/)
    expect(stdout).toMatch(/support +ready +2\/2/)
  })

  it('takes the same as events, and says what is wrong with one', { timeout: 180_000 }, async () => {
    const data = JSON.stringify({ feature_id: 'by event', min: 1, wait_s: 90 })
    const request = ['event', 'request', 'orchestrator.create', data, '--timeout', '120s']
    const { stdout } = await agentctl(place, ...request, '--json')
    expect(JSON.parse(stdout)).toMatchObject({ result: { feature_id: 'by event', state: 'ready' } })
    expect(await answeredBy('by event', 'one')).toMatchObject({ pool: 'by event' })
    const wrong = await agentctl(place, 'event', 'request', 'orchestrator.create', '{"feature_id":"a:b"}')
    expect(wrong.stderr).toContain('feature_id may not contain ":"')
    const refused = await agentctl(place, 'orchestrator', 'create', '--feature', 'default')
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('FEATURE_INVALID')])
  })

  it('changes how many there are, and brings back one that was killed', { timeout: 180_000 }, async () => {
    await orchestrator('create', '--feature', 'support', '--min', '1', '--max', '1', '--timeout', '120s')
    await eventually(async () => (await replicasOf('worker@support')).length === 1, 60_000)
    const [victim] = await replicasOf('worker@support')
    process.kill(victim?.pid as number, 'SIGKILL')
    await eventually(async () => {
      const [now] = await replicasOf('worker@support')
      return now?.state === 'ready' && now.pid !== victim?.pid
    }, 60_000)
  })

  it('cleanup takes what is idle for so long, and keeps the rest', { timeout: 120_000 }, async () => {
    const kept = await orchestrator('cleanup')
    expect(kept).toMatchObject({ deleted: [], kept: [{ jobs: 0 }, { jobs: 0 }] })
    const done = await orchestrator('cleanup', '--feature', 'by event', '--idle', '0s')
    expect(done).toEqual({ deleted: ['by event'], kept: [] })
    await eventually(async () => (await replicasOf('worker@by%20event')).length === 0, 60_000)
    expect(await answeredBy('by event', 'two')).toMatchObject({ pool: 'default' })
    const unknown = await agentctl(place, 'orchestrator', 'cleanup', '--feature', 'nobody')
    expect([unknown.exitCode, unknown.stderr]).toEqual([3, expect.stringContaining('FEATURE_NOT_FOUND')])
  })

  it('features have their workers again after serve was started anew', { timeout: 240_000 }, async () => {
    await serve.stop()
    serve = await startServe(place, '--roles', 'gateway=1,worker=1')
    await eventually(async () => (await replicasOf('worker@support'))[0]?.state === 'ready', 120_000)
    expect(await answeredBy('support', 'again')).toMatchObject({ pool: 'support' })
  })

  it('delete takes them away for good, and their processes end', { timeout: 180_000 }, async () => {
    const [worker] = await replicasOf('worker@support')
    expect(await orchestrator('delete', '--feature', 'support')).toEqual({
      feature_id: 'support',
      deleted: true,
    })
    await allGone([worker?.pid as number], 60_000)
    expect(await orchestrator('list')).toEqual([])
    expect(await answeredBy('support', 'last')).toMatchObject({ pool: 'default' })
    expect(await orchestrator('delete', '--feature', 'support')).toEqual({
      feature_id: 'support',
      deleted: true,
    })
  })

  it('removes by itself what nobody uses, whatever was asked for last', { timeout: 180_000 }, async () => {
    await orchestrator('create', '--feature', 'brief', '--idle-timeout', '1s', '--timeout', '120s')
    await eventually(async () => (await replicasOf('worker@brief')).length === 0, 90_000)
    expect(await orchestrator('list')).toEqual([])
  })

  it('leaves nothing behind', async () => {
    const redis = connectRedis({ url: serve.redisUrl, purpose: 'request', name: 'test', log: silent })
    try {
      expect(await redis.hkeys('{orchestrator}:features')).toEqual([])
      expect(await redis.hkeys('{orchestrator}:reports')).toEqual([])
      expect(await redis.zcard('chat:activity')).toBe(0)
    } finally {
      await disconnectRedis(redis)
    }
    expect(readFileSync(`${place.dir}/state/serve.json`, 'utf8')).toContain('socket')
  })

  it('says so where no orchestrator is', async () => {
    const away = ['--redis-url', serve.redisUrl.replace('localhost', '127.0.0.1').concat('/5')]
    const { exitCode, stderr } = await agentctl(place, 'orchestrator', 'list', ...away)
    expect([exitCode, stderr]).toEqual([69, expect.stringContaining('ORCHESTRATOR_AWAY')])
  })
})

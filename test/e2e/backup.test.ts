import { cpSync, writeFileSync } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, describe, expect, it } from 'vitest'
import { createEventBus } from '../../src/runtime/bus/index.ts'
import { createCloser, folders } from '../../src/runtime/kernel/index.ts'
import { freePort, spawnGuarded } from '../../src/runtime/platform/process/index.ts'
import {
  connectRedis,
  disconnectRedis,
  findRedisServer,
  type RedisClient,
  waitForRedis,
} from '../../src/runtime/platform/redis/index.ts'
import { call } from '../support/events.ts'
import {
  agentctl,
  eventually,
  startServe,
  type TestServe,
  type Workplace,
  workplace,
} from '../support/program.ts'
import { silent } from '../support/redis.ts'
import { numbers, readStream, upTo } from '../support/sse.ts'

let closer = createCloser()
afterEach(async () => {
  const closing = closer
  closer = createCloser()
  await closing.close()
})

const place = () => closer.add(workplace(), (opened) => opened.remove())

async function json(at: Workplace, ...args: string[]) {
  const { exitCode, stdout, stderr } = await agentctl(at, ...args, '--json')
  expect([args, exitCode, stderr]).toEqual([args, 0, stderr])
  return JSON.parse(stdout)
}

async function serve(at: Workplace, roles: string): Promise<TestServe> {
  return closer.add(await startServe(at, '--roles', roles), (opened) => opened.stop())
}

const program = (text: string) => ({ body: { code: `console.log("${text}")`, language: 'javascript' } })
const endOf = async ({ url }: TestServe, id: unknown) =>
  (await call(url, `/api/eval-status/${id}?wait=60000`)).body

describe('the state folder of a serve, copied while it is down', () => {
  it('holds everything: what was done is there, and what was under way goes on, elsewhere', {
    timeout: 240_000,
  }, async () => {
    const home = place()
    writeFileSync(join(home.dir, 'bees.md'), 'Honey bees dance to tell each other where the flowers are.\n')
    const whole = await serve(home, 'gateway=1,worker=1,rag=1,llm=1,eval=1,executor=1,storage=1,campaigns=1')
    await json(home, 'docs', 'add', 'bees.md')
    await json(home, 'campaign', 'create', 'Spring', '--where', '{"merchant_id":"M1"}', '--reward', '5%')
    await json(home, 'event', 'publish', 'order.placed', '{"total":1}', '--id', 'o-1')
    expect((await readStream(whole.url, { chat: 'ended' })).done).toBe(true)
    const ended = await call(whole.url, '/api/eval', program('before'))
    expect(await endOf(whole, ended.body.eval_id)).toMatchObject({ status: 'completed' })
    await whole.stop()

    const idle = await serve(home, 'gateway=1,storage=1')
    const begun = readStream(idle.url, { chat: 'begun' })
    const queued = await call(idle.url, '/api/eval', program('after'))
    expect(queued.status).toBe(202)
    await eventually(async () => (await json(home, 'stream', 'peek', 'stream:test:begun')).length === 1)
    expect((await agentctl(home, 'down')).exitCode).toBe(0)
    await Promise.all([begun, idle.child])

    const elsewhere = place()
    // As the manual has it: PostgreSQL wants its folder to be its own.
    await execa('cp', ['-a', join(home.dir, 'state'), join(elsewhere.dir, 'state')])
    const restored = await serve(
      elsewhere,
      'gateway=1,worker=1,rag=1,llm=1,eval=1,executor=1,storage=1,campaigns=1',
    )
    expect(await endOf(restored, ended.body.eval_id)).toMatchObject({ stdout: 'before\n' })
    expect(await endOf(restored, queued.body.eval_id)).toMatchObject({ stdout: 'after\n' })
    const chat = await readStream(restored.url, { chat: 'begun', method: 'GET' })
    expect([numbers(chat.messages), chat.done]).toEqual([upTo(20), true])
    expect((await readStream(restored.url, { chat: 'ended', method: 'GET' })).done).toBe(true)
    expect(await json(elsewhere, 'docs', 'ls')).toMatchObject([{ id: 'bees.md' }])
    expect(JSON.stringify(await json(elsewhere, 'query', 'Where do bees find flowers?'))).toContain('bees.md')
    expect(JSON.stringify(await json(elsewhere, 'campaign', 'ls'))).toContain('Spring')
    expect(
      await json(elsewhere, 'event', 'publish', 'order.placed', '{"total":1}', '--id', 'o-1'),
    ).toMatchObject({
      duplicate: true,
    })
    await eventually(async () => {
      const { body } = await call(restored.url, '/api/evals?status=completed')
      return (body.evaluations as unknown[] | undefined)?.length === 2
    })
  })
})

/** A server as somebody else runs it. */
async function startRedis(dir: string, ...settings: string[]): Promise<{ url: string; redis: RedisClient }> {
  await mkdir(dir, { recursive: true })
  const found = await findRedisServer({ cache: folders().cache, say: () => {} })
  const port = await freePort()
  const args = ['--dir', dir, '--bind', '127.0.0.1', '--port', String(port), '--save', '', ...settings]
  const server = spawnGuarded(found.server, args, found.env)
  closer.add(server, async () => {
    server.kill()
    await server.exited
  })
  const url = `redis://127.0.0.1:${port}`
  const redis = closer.add(
    connectRedis({ url, purpose: 'worker', name: 'test', log: silent }),
    disconnectRedis,
  )
  await waitForRedis(redis, url, 20_000)
  return { url, redis }
}

async function field(redis: RedisClient, name: string): Promise<string | undefined> {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(await redis.info('persistence'))?.[1]
}

describe('a Redis server that goes on meanwhile', () => {
  async function publish(url: string, from: number, to: number): Promise<void> {
    const bus = createEventBus({ redisUrl: url })
    for (let n = from; n < to; n++) await bus.publish('order.placed', { n }, { eventId: `o-${n}` })
    await bus.close()
  }

  /** Numbers of the events that a group that has handled the first five gets next. */
  async function goOn(url: string): Promise<number[]> {
    const bus = createEventBus({ redisUrl: url })
    const got: number[] = []
    bus.subscribe<{ n: number }>('order.placed', ({ n }) => void got.push(n))
    await bus.start({ group: 'shop' })
    await eventually(() => got.length >= 5)
    await bus.stop()
    await bus.close()
    return got
  }

  async function handleFive(url: string): Promise<void> {
    const bus = createEventBus({ redisUrl: url })
    let count = 0
    bus.subscribe('order.placed', () => void count++)
    await bus.start({ group: 'shop' })
    await eventually(() => count === 5)
    await bus.stop()
    await bus.close()
  }

  it('is restored from a snapshot: a consumer goes on where it was at that moment', async () => {
    const { dir } = place()
    const { url, redis } = await startRedis(join(dir, 'old'), '--appendonly', 'yes')
    await publish(url, 0, 5)
    await handleFive(url)
    await publish(url, 5, 10)
    const saved = await redis.lastsave()
    await eventually(() => Math.floor(Date.now() / 1_000) > saved)
    await redis.bgsave()
    await eventually(async () => (await redis.lastsave()) > saved)
    await publish(url, 10, 12)
    await mkdir(join(dir, 'new'))
    await copyFile(join(dir, 'old', 'dump.rdb'), join(dir, 'new', 'dump.rdb'))

    const restored = await startRedis(join(dir, 'new'), '--appendonly', 'no')
    await restored.redis.config('SET', 'appendonly', 'yes')
    await eventually(async () => (await field(restored.redis, 'aof_rewrite_in_progress')) === '0')
    expect(await goOn(restored.url)).toEqual([5, 6, 7, 8, 9])
  })

  it('is restored from a copy of its append-only files', async () => {
    const { dir } = place()
    const { url, redis } = await startRedis(join(dir, 'old'), '--appendonly', 'yes')
    await publish(url, 0, 5)
    await handleFive(url)
    await publish(url, 5, 10)
    await redis.config('SET', 'auto-aof-rewrite-percentage', '0')
    await eventually(async () => (await field(redis, 'aof_rewrite_in_progress')) === '0')
    cpSync(join(dir, 'old', 'appendonlydir'), join(dir, 'new', 'appendonlydir'), { recursive: true })
    await redis.config('SET', 'auto-aof-rewrite-percentage', '100')

    const restored = await startRedis(join(dir, 'new'), '--appendonly', 'yes')
    expect(await goOn(restored.url)).toEqual([5, 6, 7, 8, 9])
  })
})

import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCloser, folders } from '../../../src/runtime/kernel/index.ts'
import { freePort, isAlive } from '../../../src/runtime/platform/process/index.ts'
import {
  connectRedis,
  disconnectRedis,
  durabilityWarnings,
  type EmbeddedRedis,
  findRedisServer,
  type RedisProgram,
  startEmbeddedRedis,
  waitForRedis,
} from '../../../src/runtime/platform/redis/index.ts'
import { silent, startTestRedis } from '../../support/redis.ts'

const closer = createCloser()
let program: RedisProgram
let root: string
const PATIENCE = { timeout: 20_000 }

beforeAll(async () => {
  program = await findRedisServer({ cache: folders().cache, say: () => {} })
  root = closer.add(await mkdtemp(join(tmpdir(), 'agentctl-embedded-')), (dir) =>
    rm(dir, { recursive: true, force: true }),
  )
})
afterAll(() => closer.close())

async function start(name: string, ephemeral = false): Promise<EmbeddedRedis> {
  const server = await startEmbeddedRedis({
    program,
    dir: join(root, name),
    port: await freePort(),
    ephemeral,
    log: silent,
  })
  closer.add(server, () => end(server))
  return server
}

async function end(server: EmbeddedRedis): Promise<void> {
  server.process.kill()
  await server.process.exited
}

async function using<T>(
  url: string,
  work: (redis: ReturnType<typeof connectRedis>) => Promise<T>,
): Promise<T> {
  const redis = connectRedis({ url, purpose: 'worker', name: 'test', log: silent })
  try {
    return await work(redis)
  } finally {
    await disconnectRedis(redis)
  }
}

describe('the embedded Redis', () => {
  it('answers as soon as it has started, and can lose no more than a second', async () => {
    const server = await start('first')
    expect(isAlive(server.pid)).toBe(true)
    await using(server.url, async (redis) => {
      expect(await redis.ping()).toBe('PONG')
      expect(await durabilityWarnings(redis)).toEqual([])
      expect(await redis.config('GET', 'appendfsync')).toEqual(expect.arrayContaining(['everysec']))
    })
  })

  it('lets only this user into its folder', async () => {
    await start('private')
    expect((await stat(join(root, 'private'))).mode & 0o077).toBe(0)
  })

  it('has its data again after a kill', async () => {
    const server = await start('kept')
    await using(server.url, async (redis) => {
      await redis.xadd('s', '1-1', 'a', 'b')
      await expect
        .poll(async () => /aof_pending_bio_fsync:0/.test(await redis.info('persistence')), PATIENCE)
        .toBe(true)
    })
    await end(server)
    const again = await start('kept')
    expect(await using(again.url, (redis) => redis.xrange('s', '-', '+'))).toEqual([['1-1', ['a', 'b']]])
  })

  it('keeps nothing when it is ephemeral, and says what that means', async () => {
    const server = await start('ephemeral', true)
    await using(server.url, async (redis) => {
      await redis.set('a', 'b')
      expect(await durabilityWarnings(redis)).toEqual([expect.stringContaining('appendonly is off')])
    })
    await end(server)
    const again = await start('ephemeral', true)
    expect(await using(again.url, (redis) => redis.dbsize())).toBe(0)
  })

  it('ends in order when it is let go', async () => {
    const server = await start('released')
    server.process.release()
    await server.process.exited
    expect(isAlive(server.pid)).toBe(false)
  })

  it('waits for a predecessor that is still leaving, so that two never share the data', async () => {
    const first = await start('shared')
    const second = start('shared')
    await using(first.url, (redis) => redis.set('by', 'first'))
    first.process.release()
    const { url } = await second
    expect(isAlive(first.pid)).toBe(false)
    expect(await using(url, (redis) => redis.get('by'))).toBe('first')
  })

  it('does not start beside one that stays', async () => {
    await start('occupied')
    await expect(start('occupied')).rejects.toMatchObject({
      code: 'REDIS_SERVER_FAILED',
      message: expect.stringContaining('still uses'),
    })
  })
})

describe('an embedded Redis that cannot run', () => {
  it('fails at once, and says where its log is', async () => {
    const starting = startEmbeddedRedis({
      program: { server: '/bin/false', env: {} },
      dir: join(root, 'broken'),
      port: await freePort(),
      ephemeral: false,
      log: silent,
    })
    await expect(starting).rejects.toMatchObject({
      code: 'REDIS_SERVER_FAILED',
      message: expect.stringMatching(/ended with code 1; see .*redis\.log$/),
    })
  })

  it('is known to have ended when it was killed by somebody else', async () => {
    const server = await start('killed')
    process.kill(server.pid, 'SIGKILL')
    expect(await server.process.exited).toBe(137)
  })
})

describe('waiting for a Redis', () => {
  it('gives up with REDIS_UNREACHABLE, and shows no password', async () => {
    const url = `redis://:secret@127.0.0.1:${await freePort()}`
    await using(url, async (redis) => {
      const failure = await waitForRedis(redis, url, 200).catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'REDIS_UNREACHABLE', exitCode: 69 })
      expect(String(failure)).not.toContain('secret')
    })
  })

  it('outlasts a start that takes a while', async () => {
    const server = await startTestRedis(false)
    const redis = server.connect()
    await redis.set('a', 1)
    await server.kill()
    const waiting = waitForRedis(redis, server.url, 30_000)
    await server.start()
    await waiting
    await server.close()
  })
})

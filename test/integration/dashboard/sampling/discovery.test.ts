import { describe, expect, it } from 'vitest'
import { createEventBus, EVENT_TYPES, streamKey } from '../../../../src/runtime/bus/index.ts'
import type { RedisClient } from '../../../../src/runtime/platform/redis/index.ts'
import { eventually } from '../../../support/program.ts'
import { createSamplingScene, openSampler, sampleUntil, streamIn } from '../../../support/sampling.ts'

const scene = createSamplingScene()

/** Adds keys in steps of one call each, so that nothing times out. */
async function fill(redis: RedisClient, lua: string, count: number): Promise<void> {
  const step = 20_000
  for (let from = 1; from <= count; from += step) {
    const to = Math.min(count, from + step - 1)
    await redis.eval(`for i = ARGV[1], ARGV[2] do ${lua} end`, 0, from, to)
  }
}

const calls = async (redis: RedisClient, command: string) => {
  const stats = await redis.info('commandstats')
  return Number(new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(stats)?.[1] ?? 0)
}

describe('finding streams', () => {
  it('takes what programs have registered at once, however many other keys there are', async () => {
    const { redis, sampler, pass } = scene
    await fill(redis, "redis.call('SET', 'key:' .. i, '')", 200_000)
    await redis.xadd(streamKey('a.b'), '*', 'n', 1)
    await redis.sadd(EVENT_TYPES, 'a.b', 'never.published')
    await redis.xadd('stream:test:hidden', '*', 'n', 1)
    const first = await sampler.sample()
    expect(streamIn(first, streamKey('a.b'))).toBeDefined()
    expect(first.discovery).toMatchObject({ keys: 200_003, complete: false })
    // At most ten calls a sample, until all has been looked at.
    const before = await calls(redis, 'scan')
    expect(before).toBe(10)
    const second = await sampler.sample()
    expect((await calls(redis, 'scan')) - before).toBeLessThanOrEqual(10)
    expect(second.discovery.scanned).toBeGreaterThan(first.discovery.scanned)
    const done = await sampleUntil(sampler, ({ discovery }) => discovery.complete)
    expect(done.discovery).toMatchObject({ scanned: 200_003, keys: 200_003 })
    expect(streamIn(await sampler.sample(), 'stream:test:hidden')?.length).toBe(1)
    // Then it rests: on a clock that stands still no scan takes long, and the pause is the shortest.
    const rested = await calls(redis, 'scan')
    pass(1)
    await sampler.sample()
    expect(await calls(redis, 'scan')).toBe(rested)
    await redis.xadd('stream:test:later', '*', 'n', 1)
    pass(1)
    const again = await sampleUntil(sampler, (sample) => streamIn(sample, 'stream:test:later') !== undefined)
    expect(again.discovery.complete).toBe(true)
  })

  it('notices a type that is published for the first time', async () => {
    const { redis, sampler, server } = scene
    await sampler.sample()
    const bus = createEventBus({ redisUrl: server.url })
    try {
      await bus.publish('task.created', { task_id: '1' })
      await eventually(async () => (await redis.sismember(EVENT_TYPES, 'task.created')) === 1)
    } finally {
      await bus.close()
    }
    expect(streamIn(await sampler.sample(), streamKey('task.created'))?.length).toBe(1)
  })

  it('goes on when a registry holds something else', async () => {
    const { redis, sampler } = scene
    await redis.set(EVENT_TYPES, 'no set')
    await redis.xadd('other', '*', 'n', 1)
    expect(streamIn(await sampler.sample(), 'other')?.kind).toBe('other')
    await redis.del(EVENT_TYPES)
    await redis.sadd(EVENT_TYPES, 'is.text')
    await redis.set(streamKey('is.text'), 'no stream')
    expect((await sampler.sample()).streams.map(({ stream }) => stream)).toEqual(['other'])
  })
})

describe('very many streams', () => {
  it('are looked at in turn, those that change first, and that is said', async () => {
    const { redis, sampler, pass } = scene
    await fill(redis, "redis.call('XADD', 'stream:many:' .. i, '*', 'n', 1)", 5_000)
    await fill(redis, "redis.call('XGROUP', 'CREATE', 'stream:many:' .. i, 'g', '0')", 100)
    const all = await sampleUntil(sampler, ({ streams }) => streams.length === 5_000)
    expect(all.discovery).toMatchObject({ streams: 5_000, complete: true })
    expect(all.groups).toHaveLength(100)
    expect(all.unknown).toContainEqual(
      expect.objectContaining({
        ...{ pane: 'streams' },
        what: expect.stringMatching(/^How each of 5,000 streams is at this moment: [1-5]\d\d are looked at/),
      }),
    )
    const before = await calls(redis, 'xinfo\\|stream')
    await sampler.sample()
    const looked = (await calls(redis, 'xinfo\\|stream')) - before
    expect(looked).toBeGreaterThanOrEqual(100)
    expect(looked).toBeLessThanOrEqual(500)

    // What changes once is found in its turn; what changes again and again is seen in each sample.
    await redis.xadd('stream:many:77', '*', 'n', 2)
    await sampleUntil(sampler, (sample) => streamIn(sample, 'stream:many:77')?.length === 2)
    for (let length = 3; length < 13; length++) {
      await redis.xadd('stream:many:77', '*', 'n', length)
      pass(1)
      expect(streamIn(await sampler.sample(), 'stream:many:77')).toMatchObject({ length, in_rate: 1 })
    }
  })

  it('are forgotten as they go', async () => {
    const { redis, sampler } = scene
    await fill(redis, "redis.call('XADD', 'stream:many:' .. i, '*', 'n', 1)", 2_000)
    await sampleUntil(sampler, ({ streams }) => streams.length === 2_000)
    await redis.flushall()
    const empty = await sampleUntil(sampler, ({ discovery }) => discovery.streams === 0)
    expect([empty.streams, empty.groups]).toEqual([[], []])
  })
})

describe('what is sent', () => {
  it('is never KEYS, and changes nothing', async () => {
    const { redis, server } = scene
    await fill(redis, "redis.call('XADD', 'stream:some:' .. i, '*', 'n', 1)", 50)
    await redis.xgroup('CREATE', 'stream:some:1', 'g', '0')
    await redis.xreadgroup('GROUP', 'g', 'c', 'COUNT', 1, 'STREAMS', 'stream:some:1', '>')
    const seen: string[][] = []
    const watching = await (server.connect() as Extract<RedisClient, { monitor: unknown }>).monitor()
    watching.on('monitor', (_time: string, words: string[]) => seen.push(words))
    const own = server.connect('request')
    const sampler = openSampler(own)
    try {
      await own.call('REPLICAOF', 'NO', 'ONE')
      for (let i = 0; i < 5; i++) await sampler.sample()
      await own.echo('the end')
      await eventually(() => seen.some(([command]) => command === 'echo'))
    } finally {
      watching.disconnect()
    }
    const sent = new Set(seen.map(([command = '']) => command.toLowerCase()))
    for (const expected of ['scan', 'xinfo', 'xpending', 'info', 'ping']) expect(sent).toContain(expected)
    const harmless = [
      ...[
        'scan',
        'xinfo',
        'xlen',
        'xpending',
        'info',
        'ping',
        'dbsize',
        'scard',
        'sscan',
        'smembers',
        'type',
      ],
      ...[
        'llen',
        'zcard',
        'eval',
        'evalsha',
        'time',
        'hmget',
        'zcount',
        'zrangebyscore',
        'client',
        'replicaof',
      ],
      ...['echo', 'monitor', 'script', 'hello', 'select', 'cluster'],
    ]
    expect([...sent].filter((command) => !harmless.includes(command))).toEqual([])
  })
})

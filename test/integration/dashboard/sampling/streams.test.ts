import { describe, expect, it } from 'vitest'
import { deadLetterKey, EVENT_TYPES, streamKey } from '../../../../src/runtime/bus/index.ts'
import { HISTORY } from '../../../../src/runtime/dashboard/snapshot.ts'
import { createSamplingScene, groupIn, streamIn } from '../../../support/sampling.ts'

const scene = createSamplingScene()
const KEY = 'agent:stream:task.created'

async function add(count: number, key = KEY): Promise<void> {
  for (let i = 0; i < count; i++) await scene.redis.xadd(key, '*', 'n', i)
}

async function read(count: number, consumer = 'c1', group = 'g'): Promise<string[]> {
  const reply = await scene.redis.xreadgroup('GROUP', group, consumer, 'COUNT', count, 'STREAMS', KEY, '>')
  return (reply?.[0]?.[1] ?? []).map(([id]) => id)
}

describe('streams and groups', () => {
  it('are told with lengths, rates and lags', async () => {
    const { redis, sampler, pass } = scene
    await add(10)
    await redis.xgroup('CREATE', KEY, 'g', '0')
    const first = await sampler.sample()
    expect(streamIn(first, KEY)).toMatchObject({
      ...{ kind: 'events', length: 10, groups: 1, in_rate: null, out_rate: null, lag: 10, pending: 0 },
    })
    expect(streamIn(first, KEY)?.history).toEqual([])
    expect(groupIn(first, KEY)).toMatchObject({
      lag: 10,
      pending: 0,
      consumers: 0,
      alive: 0,
      no_consumers: true,
    })

    // From the first delivery on, Redis counts them.
    await read(1, 'c1')
    await sampler.sample()
    await add(20)
    const ids = await read(6)
    await redis.xack(KEY, 'g', ids[0] as string)
    pass(2)
    const second = await sampler.sample()
    expect(streamIn(second, KEY)).toMatchObject({
      ...{ length: 30, in_rate: 10, out_rate: 3, lag: 23, pending: 6, history: [10] },
    })
    const last = (await redis.xrevrange(KEY, '+', '-', 'COUNT', 1))[0]?.[0]
    expect(streamIn(second, KEY)?.last_id).toBe(last)
    expect(Date.parse(streamIn(second, KEY)?.last_at ?? '')).toBe(Number.parseInt(last ?? '', 10))
    expect(groupIn(second, KEY)).toMatchObject({
      lag: 23,
      pending: 6,
      consumers: 1,
      out_rate: 3,
      history: [10, 9, 23],
    })
    expect(groupIn(second, KEY)?.last_delivered_id).toBe(ids.at(-1))
  })

  it('say null, and why, when Redis has lost count of a lag; what is known at sight stays known', async () => {
    const { redis, sampler } = scene
    await add(10)
    for (const group of ['g', 'idle', 'done']) await redis.xgroup('CREATE', KEY, group, '0')
    const ids = await read(4)
    await read(10, 'c1', 'done')
    const all = await redis.xrange(KEY, '-', '+')
    await redis.xdel(KEY, all[6]?.[0] as string)
    const sample = await sampler.sample()
    expect(ids).toHaveLength(4)
    expect(groupIn(sample, KEY)?.lag).toBeNull()
    expect(groupIn(sample, KEY, 'idle')?.lag).toBe(9)
    expect(groupIn(sample, KEY, 'done')?.lag).toBe(0)
    expect(streamIn(sample, KEY)?.lag).toBeNull()
    expect(sample.unknown).toEqual([
      expect.objectContaining({ pane: 'groups', what: expect.stringContaining(`The lag of g in ${KEY}: `) }),
    ])
  })

  it('tell which consumers are alive, and how long entries have been pending', async () => {
    const { redis, sampler, pass } = scene
    await add(10)
    await redis.xgroup('CREATE', KEY, 'g', '0')
    const ids = await read(2, 'old')
    // XCLAIM sets how long ago an entry was delivered; nothing but time makes a consumer old.
    await redis.call('XCLAIM', KEY, 'g', 'old', 0, ids[0] as string, 'IDLE', 90_000, 'JUSTID')
    await read(1, 'new')
    expect(groupIn(await sampler.sample(), KEY)).toMatchObject({
      consumers: 2,
      alive: 2,
      no_consumers: false,
    })
    pass(5)
    const row = groupIn(await sampler.sample(), KEY)
    expect(row?.oldest_idle_ms).toBeGreaterThanOrEqual(90_000)
    expect(row?.oldest_idle_ms).toBeLessThan(200_000)
    await redis.xgroup('DELCONSUMER', KEY, 'g', 'old')
    await redis.xgroup('DELCONSUMER', KEY, 'g', 'new')
    // Told at once: without consumers there is nothing to ask.
    expect(groupIn(await sampler.sample(), KEY)).toMatchObject({
      ...{ consumers: 0, alive: 0, pending: 0, oldest_idle_ms: null, no_consumers: true },
    })
  })

  it('have no rate where a stream was made anew, and one again after that', async () => {
    const { redis, sampler, pass } = scene
    await add(10)
    await sampler.sample()
    await redis.del(KEY)
    await add(4)
    pass(1)
    expect(streamIn(await sampler.sample(), KEY)).toMatchObject({ length: 4, in_rate: null })
    await add(4)
    pass(1)
    expect(streamIn(await sampler.sample(), KEY)).toMatchObject({ length: 8, in_rate: 4 })
  })

  it('take their past along when they vanish, and keep no more of it than HISTORY', async () => {
    const { redis, sampler, pass } = scene
    await add(1)
    await redis.xgroup('CREATE', KEY, 'g', '0')
    for (let i = 0; i < HISTORY + 5; i++) {
      pass(1)
      await sampler.sample()
    }
    const full = await sampler.sample()
    expect(streamIn(full, KEY)?.history).toHaveLength(HISTORY)
    expect(groupIn(full, KEY)?.history).toHaveLength(HISTORY)
    expect(full.queues.every(({ history }) => history.length === HISTORY)).toBe(true)
    await redis.del(KEY)
    const without = await sampler.sample()
    expect([without.streams, without.groups]).toEqual([[], []])
    await add(1)
    await redis.xgroup('CREATE', KEY, 'g', '0')
    await redis.sadd(EVENT_TYPES, 'task.created')
    const again = await sampler.sample()
    expect(streamIn(again, KEY)?.history).toEqual([])
    expect(groupIn(again, KEY)?.history).toEqual([1])
  })

  it('stay known when they are emptied', async () => {
    const { redis, sampler } = scene
    await add(3)
    await sampler.sample()
    await redis.xtrim(KEY, 'MAXLEN', 0)
    expect(streamIn(await sampler.sample(), KEY)).toMatchObject({ length: 0, last_id: null, last_at: null })
  })

  it('with large entries are looked at closely in every tenth sample, and counted in each', async () => {
    const { redis, sampler, pass } = scene
    await redis.xadd(KEY, '*', 'data', 'x'.repeat(40_000))
    await sampler.sample()
    await sampler.sample()
    const began = await infoCalls()
    for (let i = 0; i < 10; i++) {
      await redis.xadd(KEY, '*', 'data', 'x'.repeat(40_000))
      pass(1)
      expect(streamIn(await sampler.sample(), KEY)?.length).toBe(i + 2)
    }
    expect((await infoCalls()) - began).toBe(1)
    await redis.xtrim(KEY, 'MAXLEN', 0)
    expect(streamIn(await sampler.sample(), KEY)?.length).toBe(0)
    expect(streamIn(await sampler.sample(), KEY)).toMatchObject({ length: 0, last_id: null })
  })

  it('show what a name holds as it is', async () => {
    const { redis, sampler } = scene
    const name = 'stream:日本:\u001b[31mred\n'
    await redis.xadd(name, '*', 'n', 1)
    await redis.xgroup('CREATE', name, '\u001b[2J', '0')
    const sample = await sampler.sample()
    expect(streamIn(sample, name)?.kind).toBe('chat')
    expect(groupIn(sample, name, '\u001b[2J')?.lag).toBe(1)
  })

  async function infoCalls(): Promise<number> {
    const stats = await scene.redis.info('commandstats')
    return Number(/cmdstat_xinfo\|stream:calls=(\d+)/.exec(stats)?.[1] ?? 0)
  }
})

describe('dead letters', () => {
  it('are told by type, from the first sample on', async () => {
    const { redis, sampler } = scene
    await redis.sadd(EVENT_TYPES, 'a.b', 'c.d')
    await redis.xadd(streamKey('a.b'), '*', 'n', 1)
    await redis.xadd(deadLetterKey('a.b', false), '1000-0', 'n', 1)
    await redis.xadd(deadLetterKey('a.b', false), '61000-0', 'n', 2)
    const { dead_letters } = await sampler.sample()
    expect(dead_letters).toEqual([
      { type: 'a.b', count: 2, oldest: '1970-01-01T00:00:01.000Z', newest: '1970-01-01T00:01:01.000Z' },
    ])
    await redis.xtrim(deadLetterKey('a.b', false), 'MAXLEN', 0)
    expect((await sampler.sample()).dead_letters).toEqual([])
    await redis.xadd(deadLetterKey('c.d', false), '*', 'n', 1)
    expect((await sampler.sample()).dead_letters).toEqual([
      expect.objectContaining({ type: 'c.d', count: 1 }),
    ])
  })
})

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { groupKeys, lossesKey } from '../../../src/runtime/bus/index.ts'
import {
  claimEntries,
  describeGroup,
  describeStreams,
  listPending,
  parsePlace,
  planClaim,
  planRemoval,
  planReset,
  planTrim,
  purgeStream,
  removeGroup,
  resetGroup,
  scanKeys,
  trimStream,
} from '../../../src/runtime/inspect/index.ts'
import { connectRedis, disconnectRedis, type RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { silent } from '../../support/redis.ts'
import { startCluster, type Topology } from '../../support/topologies.ts'
import { add, createScene, GROUP, idsIn, pendingIds, read, STREAM } from './scene.ts'

const keys = groupKeys(STREAM, GROUP)

/** 20 entries of which the group has read 10 and acknowledged 6; the bus has marks of all kinds. */
async function arrange(redis: RedisClient): Promise<void> {
  await add(redis, 1, 20)
  await redis.xgroup('CREATE', STREAM, GROUP, '0')
  await read(redis, 8, 'c1')
  await read(redis, 2, 'c2')
  await redis.xack(STREAM, GROUP, '1-0', '2-0', '3-0', '4-0', '5-0', '6-0')
  await redis.zadd(keys.retries, 1, '7-0')
  await redis.hset(keys.handled, 'e-1', 1)
  await redis.hset(keys.handledOld, 'e-2', 1)
  await redis.hset(keys.running, 'e-8', '8-0')
  await redis.hset(keys.state, 'floor', '6-0')
  await redis.hset(lossesKey(STREAM), GROUP, 3, 'other', 4)
}

async function reset(redis: RedisClient, to: string, keepHandled = false) {
  const plan = await planReset(redis, STREAM, GROUP, parsePlace(to))
  return { plan, dropped: await resetGroup(redis, plan, { keepHandled }) }
}

describe('on one server', () => {
  const scene = createScene()
  beforeEach(() => arrange(scene.redis))

  describe('group reset', () => {
    it('to the first entry delivers everything again and forgets what was handled', async () => {
      const { redis } = scene
      const { plan, dropped } = await reset(redis, 'first')
      expect(plan).toMatchObject({ pending: 4, to_deliver: 20, again: 10, handled_marks: 2, after_id: '0-0' })
      expect(dropped).toBe(4)
      expect(await redis.exists(...Object.values(keys))).toBe(0)
      expect(await redis.hgetall(lossesKey(STREAM))).toEqual({ other: '4' })
      expect(await describeGroup(redis, STREAM, GROUP)).toMatchObject({
        lag: 20,
        pending: 0,
        consumers: 2,
        entries_read: 0,
        lost: 0,
      })
      await read(redis, 100)
      expect(await pendingIds(redis)).toEqual(await idsIn(redis))
    })

    it('keeps the marks of what was handled when asked, and when nothing comes again', async () => {
      const { redis } = scene
      await reset(redis, 'first', true)
      expect(await redis.exists(keys.handled, keys.handledOld)).toBe(2)
      expect(await redis.exists(keys.retries, keys.running, keys.state)).toBe(0)
      const { plan } = await reset(redis, 'new')
      expect(plan).toMatchObject({ again: 0, to_deliver: 0, after_id: '20-0' })
      expect(await redis.exists(keys.handled, keys.handledOld)).toBe(2)
    })

    it('to an id goes on after it, and the number of Redis stays right', async () => {
      const { redis } = scene
      const { plan } = await reset(redis, '15-0')
      expect(plan).toMatchObject({ to_deliver: 5, again: 0 })
      const [info] = (await redis.xinfo('GROUPS', STREAM)) as unknown[][]
      expect(info).toEqual(expect.arrayContaining(['entries-read', 15, 'lag', 5]))
    })

    it('to a time goes on with the entries from then on', async () => {
      const { redis } = scene
      const stream = 'agent:stream:timed'
      for (const id of ['1732153000000-0', '1732153000000-1', '1732153009000-0'])
        await redis.xadd(stream, id, 'a', 'b')
      await redis.xgroup('CREATE', stream, GROUP, '$')
      const idFor = async (to: string) => (await planReset(redis, stream, GROUP, parsePlace(to))).after_id
      expect(await idFor('2024-11-21T01:36:40Z')).toBe('0-0')
      expect(await idFor('2024-11-21T01:36:40.001Z')).toBe('1732153000000-1')
      expect(await idFor('2030-01-01')).toBe('1732153009000-0')
    })

    it('drops any number of pending entries in one step', async () => {
      const { redis } = scene
      await redis.eval("for i = 21, 3000 do redis.call('XADD', KEYS[1], i .. '-0', 'n', i) end", 1, STREAM)
      await read(redis, 5_000)
      expect((await reset(redis, 'new')).dropped).toBe(2_994)
      expect(await pendingIds(redis)).toEqual([])
    })

    it('refuses a group that is gone meanwhile', async () => {
      const { redis } = scene
      const plan = await planReset(redis, STREAM, GROUP, { at: 'first' })
      await redis.xgroup('DESTROY', STREAM, GROUP)
      await expect(resetGroup(redis, plan, { keepHandled: false })).rejects.toMatchObject({
        code: 'GROUP_NOT_FOUND',
      })
      await redis.del(STREAM)
      await expect(resetGroup(redis, plan, { keepHandled: false })).rejects.toMatchObject({
        code: 'GROUP_NOT_FOUND',
      })
    })
  })

  describe('group claim', () => {
    const owners = async () =>
      Object.fromEntries(
        ((await scene.redis.xpending(STREAM, GROUP, '-', '+', 10)) as [string, string, number, number][]).map(
          ([id, consumer, , deliveries]) => [id, `${consumer} ${deliveries}`],
        ),
      )
    const wish = { to: 'c3', minIdle: 0, ids: [] }
    const claim = (changes: object) => claimEntries(scene.redis, STREAM, GROUP, { ...wish, ...changes })

    it('moves everything, or what one consumer has, without counting a delivery', async () => {
      expect(await claim({ from: 'c2' })).toBe(2)
      expect(await owners()).toEqual({ '7-0': 'c1 1', '8-0': 'c1 1', '9-0': 'c3 1', '10-0': 'c3 1' })
      expect(await planClaim(scene.redis, STREAM, GROUP, wish)).toMatchObject({ entries: 2 })
      expect(await claim({})).toBe(2)
      expect(new Set(Object.values(await owners()))).toEqual(new Set(['c3 1']))
      expect(await claim({})).toBe(0)
    })

    it('moves only the given entries, and only what is idle', async () => {
      expect(await claim({ ids: ['8-0', '9-0', '99-0'] })).toBe(2)
      expect(await owners()).toMatchObject({ '7-0': 'c1 1', '8-0': 'c3 1', '9-0': 'c3 1', '10-0': 'c2 1' })
      await scene.redis.call('XCLAIM', STREAM, GROUP, 'c1', 0, '7-0', 'IDLE', 900_000, 'JUSTID')
      expect(await claim({ minIdle: 600_000 })).toBe(1)
      expect(await owners()).toMatchObject({ '7-0': 'c3 1', '10-0': 'c2 1' })
    })

    it('tells whether anybody reads under that name', async () => {
      const alive = async (to: string) =>
        (await planClaim(scene.redis, STREAM, GROUP, { ...wish, to })).consumer_alive
      expect([await alive('c2'), await alive('c3')]).toEqual([true, false])
    })
  })

  describe('group pending', () => {
    it('lists who has what, since when, and what became of it', async () => {
      const { redis } = scene
      await redis.xdel(STREAM, '9-0')
      const all = await listPending(redis, STREAM, GROUP, { count: 3 })
      expect(all.map(({ idle_ms: _, ...row }) => row)).toEqual([
        { id: '7-0', consumer: 'c1', deliveries: 1, gone: false, retry_at: '1970-01-01T00:00:00.001Z' },
        { id: '8-0', consumer: 'c1', deliveries: 1, gone: false, retry_at: null },
        { id: '9-0', consumer: 'c2', deliveries: 1, gone: true, retry_at: null },
      ])
      const ids = async (filter: object) =>
        (await listPending(redis, STREAM, GROUP, { count: 9, ...filter })).map(({ id }) => id)
      expect(await ids({ consumer: 'c2' })).toEqual(['9-0', '10-0'])
      expect(await ids({ idle: 600_000 })).toEqual([])
    })
  })

  describe('group rm', () => {
    const group = { stream: STREAM, group: GROUP }

    it('refuses a group with pending entries or living consumers', async () => {
      const { redis } = scene
      await expect(planRemoval(redis, group, false)).rejects.toMatchObject({ code: 'GROUP_IN_USE' })
      await expect(removeGroup(redis, group, false)).rejects.toMatchObject({ code: 'GROUP_IN_USE' })
      await redis.xack(STREAM, GROUP, '7-0', '8-0', '9-0', '10-0')
      await expect(removeGroup(redis, group, false)).rejects.toThrow('2 living consumers and 0 pending')
      expect(await redis.exists(keys.state)).toBe(1)
    })

    it('removes it by force, with what the bus keeps of it', async () => {
      const { redis } = scene
      expect(await planRemoval(redis, group, true)).toMatchObject({ pending: 4, lag: 10, alive: 2 })
      expect(await removeGroup(redis, group, true)).toEqual({ pending: 4 })
      expect((await redis.keys('*')).sort()).toEqual([STREAM, lossesKey(STREAM)].sort())
      expect(await redis.hgetall(lossesKey(STREAM))).toEqual({ other: '4' })
      await expect(removeGroup(redis, group, true)).rejects.toMatchObject({ code: 'GROUP_NOT_FOUND' })
    })

    it('removes a group that nobody uses without force', async () => {
      const { redis } = scene
      await redis.xgroup('CREATE', STREAM, 'unused', '0')
      await removeGroup(redis, { stream: STREAM, group: 'unused' }, false)
      await expect(describeGroup(redis, STREAM, 'unused')).rejects.toMatchObject({ code: 'GROUP_NOT_FOUND' })
    })

    it('removes a consumer, but its pending entries only by force', async () => {
      const { redis } = scene
      const consumer = { ...group, consumer: 'c2' }
      await expect(planRemoval(redis, consumer, false)).rejects.toMatchObject({ code: 'CONSUMER_IN_USE' })
      await expect(removeGroup(redis, consumer, false)).rejects.toMatchObject({ code: 'CONSUMER_IN_USE' })
      expect(await pendingIds(redis)).toHaveLength(4)
      expect(await removeGroup(redis, consumer, true)).toEqual({ pending: 2 })
      expect(await pendingIds(redis)).toEqual(['7-0', '8-0'])
      await redis.xack(STREAM, GROUP, '7-0', '8-0')
      await removeGroup(redis, { ...group, consumer: 'c1' }, false)
      expect((await describeGroup(redis, STREAM, GROUP)).consumers).toBe(0)
      await expect(planRemoval(redis, consumer, true)).rejects.toMatchObject({ code: 'CONSUMER_NOT_FOUND' })
      expect(await redis.exists(keys.state)).toBe(1)
    })
  })
})

describe('on a cluster', () => {
  let cluster: Topology
  let redis: RedisClient

  beforeAll(async () => {
    cluster = await startCluster()
    redis = connectRedis({ url: cluster.url, purpose: 'worker', name: 'test', log: silent })
  })
  afterAll(async () => {
    if (redis) await disconnectRedis(redis)
    await cluster?.close()
  })

  it('everything works, also for streams on different servers and with hash tags of their own', async () => {
    await arrange(redis)
    const plain = ['{tagged}:stream', 'other', 'third', 'fourth']
    for (const key of plain) {
      await add(redis, 1, 3, key)
      await redis.xgroup('CREATE', key, GROUP, '0')
      await read(redis, 2, 'c1', key)
    }
    const found = await scanKeys(redis, '*', 'stream')
    expect(found).toEqual([STREAM, ...plain].sort())
    const streams = await describeStreams(redis, found)
    expect(streams.map(({ lag, pending }) => [lag, pending]).sort()).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
      [1, 2],
      [10, 4],
    ])

    const wish = { to: 'c3', minIdle: 0, ids: [] }
    expect(await claimEntries(redis, STREAM, GROUP, wish)).toBe(4)
    expect(await planTrim(redis, STREAM, { maxLength: 1 })).toMatchObject({ removable: 6, held: 13 })
    expect(await trimStream(redis, STREAM, { maxLength: 1 }, false)).toBe(6)
    const { plan, dropped } = await reset(redis, 'first')
    expect([plan.to_deliver, dropped]).toEqual([14, 4])
    expect(await redis.exists(keys.handled, keys.handledOld)).toBe(0)
    for (const stream of plain) {
      const place = await planReset(redis, stream, GROUP, { at: 'first' })
      expect(await resetGroup(redis, place, { keepHandled: false })).toBe(2)
      await removeGroup(redis, { stream, group: GROUP }, true)
      await purgeStream(redis, stream, true)
    }
    await redis.hset(keys.handled, 'e-1', 1)
    await purgeStream(redis, STREAM, true)
    expect(await scanKeys(redis, '*', 'stream')).toEqual([])
    expect(await redis.exists(keys.handled, keys.handledOld)).toBe(0)
  })
})

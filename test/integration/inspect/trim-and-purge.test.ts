import { describe, expect, it } from 'vitest'
import { groupKeys, lossesKey, publishedKeys } from '../../../src/runtime/bus/index.ts'
import { planPurge, planTrim, purgeStream, trimStream } from '../../../src/runtime/inspect/index.ts'
import { add, createScene, GROUP, idsIn, pendingIds, read, STREAM } from './scene.ts'

const scene = createScene()
const keys = groupKeys(STREAM, GROUP)
const first = async () => (await idsIn(scene.redis))[0]

/** 20 entries; the group has read 10 and acknowledged all of them but 4-0 and 8-0. */
async function halfRead(): Promise<void> {
  const { redis } = scene
  await add(redis, 1, 20)
  await redis.xgroup('CREATE', STREAM, GROUP, '0')
  await read(redis, 10)
  await redis.xack(STREAM, GROUP, ...[1, 2, 3, 5, 6, 7, 9, 10].map((n) => `${n}-0`))
}

describe('trimming', () => {
  it('removes by length what no group needs, and tells beforehand', async () => {
    const { redis } = scene
    await halfRead()
    expect(await planTrim(redis, STREAM, { maxLength: 18 })).toMatchObject({
      beyond: 2,
      removable: 2,
      held: 0,
      held_by: [],
    })
    expect(await trimStream(redis, STREAM, { maxLength: 18 }, false)).toBe(2)
    expect(await first()).toBe('3-0')
  })

  it.each([
    ['by length', { maxLength: 5 }, 15],
    ['by age', { minId: '16-0' }, 15],
    ['by both', { maxLength: 10, minId: '16-0' }, 15],
  ])('stops at the first pending entry, %s', async (_what, limits, beyond) => {
    const { redis } = scene
    await halfRead()
    expect(await planTrim(redis, STREAM, limits)).toEqual({
      stream: STREAM,
      length: 20,
      beyond,
      removable: 3,
      held: beyond - 3,
      held_by: [{ group: GROUP, first_needed_id: '4-0', pending: 2, lag: 10 }],
    })
    expect(await trimStream(redis, STREAM, limits, false)).toBe(3)
    expect(await first()).toBe('4-0')
  })

  it('stops at the first entry that a group has not read', async () => {
    const { redis } = scene
    await halfRead()
    await redis.xack(STREAM, GROUP, '4-0', '8-0')
    await redis.xgroup('CREATE', STREAM, 'ahead', '15-0')
    const plan = await planTrim(redis, STREAM, { maxLength: 8 })
    expect(plan).toMatchObject({
      removable: 10,
      held: 2,
      held_by: [{ group: GROUP, first_needed_id: '11-0' }],
    })
    expect(plan.held_by).toHaveLength(1)
    expect(await trimStream(redis, STREAM, { maxLength: 8 }, false)).toBe(10)
    expect(await first()).toBe('11-0')
  })

  it('removes everything where there is no group, or by force', async () => {
    const { redis } = scene
    await add(redis, 1, 20)
    expect(await trimStream(redis, STREAM, { maxLength: 15 }, false)).toBe(5)
    await redis.xgroup('CREATE', STREAM, GROUP, '0')
    expect(await trimStream(redis, STREAM, { maxLength: 10 }, false)).toBe(0)
    expect(await trimStream(redis, STREAM, { maxLength: 10, minId: '19-0' }, true)).toBe(13)
    expect(await idsIn(redis)).toEqual(['19-0', '20-0'])
  })

  it('goes on over many steps', async () => {
    const { redis } = scene
    await redis.eval("for i = 1, 3500 do redis.call('XADD', KEYS[1], i .. '-0', 'n', i) end", 1, STREAM)
    await redis.xgroup('CREATE', STREAM, GROUP, '3200-0')
    expect(await trimStream(redis, STREAM, { maxLength: 100 }, false)).toBe(3_200)
    expect(await first()).toBe('3201-0')
    await redis.xgroup('SETID', STREAM, GROUP, '$')
    expect(await trimStream(redis, STREAM, { maxLength: 100 }, false)).toBe(200)
    expect(await idsIn(redis)).toHaveLength(100)
  })

  it('does nothing to what is not there or short enough', async () => {
    const { redis } = scene
    expect(await trimStream(redis, STREAM, { maxLength: 1 }, false)).toBe(0)
    await add(redis, 1, 2)
    expect(await trimStream(redis, STREAM, { maxLength: 2, minId: '1-0' }, false)).toBe(0)
  })
})

describe('purging', () => {
  async function used(): Promise<void> {
    const { redis } = scene
    await halfRead()
    await redis.zadd(keys.retries, 1, '4-0')
    await redis.hset(keys.handled, 'e-1', 1)
    await redis.hset(keys.running, 'e-4', '4-0')
    await redis.hset(keys.state, 'floor', '3-0')
    await redis.hset(lossesKey(STREAM), GROUP, 1, 'former', 1)
    await redis.hset(groupKeys(STREAM, 'former').handledOld, 'e-1', 1)
    for (const key of publishedKeys(STREAM)) await redis.hset(key, 'e-1', '1-0')
  }

  it('tells what would be lost', async () => {
    await halfRead()
    expect(await planPurge(scene.redis, STREAM)).toEqual({
      stream: STREAM,
      entries: 20,
      pending: 2,
      groups: [{ group: GROUP, pending: 2, lag: 10 }],
    })
  })

  it('keeps the group, which goes on with what comes next', async () => {
    const { redis } = scene
    await used()
    expect(await purgeStream(redis, STREAM, false)).toEqual({ stream: STREAM, entries: 20, pending: 2 })
    expect(await pendingIds(redis)).toEqual([])
    expect((await redis.keys('*')).sort()).toEqual([STREAM])
    await add(redis, 21, 22)
    const [info] = (await redis.xinfo('GROUPS', STREAM)) as unknown[][]
    expect(info).toEqual(expect.arrayContaining(['lag', 2, 'entries-read', 20]))
    await read(redis, 10)
    expect(await pendingIds(redis)).toEqual(['21-0', '22-0'])
  })

  it('removes the key with everything the bus keeps beside it', async () => {
    const { redis } = scene
    await used()
    await purgeStream(redis, STREAM, true)
    expect(await redis.keys('*')).toEqual([])
  })

  it('touches no neighbours of streams that are not the bus’s', async () => {
    const { redis } = scene
    await redis.xadd('plain', '1-0', 'event_id', 'x')
    await redis.xgroup('CREATE', 'plain', GROUP, '0')
    await redis.set(groupKeys('plain', GROUP).handled, 'mine')
    await redis.set(publishedKeys('plain')[0] as string, 'mine')
    await purgeStream(redis, 'plain', false)
    expect(await redis.keys('{plain}*')).toHaveLength(2)
    expect(await redis.xlen('plain')).toBe(0)
  })
})

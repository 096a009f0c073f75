import { describe, expect, it } from 'vitest'
import { groupKeys, lossesKey } from '../../../src/runtime/bus/index.ts'
import { countEntries } from '../../../src/runtime/inspect/count.ts'
import { COUNT_LIMIT } from '../../../src/runtime/inspect/groups.ts'
import { describeGroup, describeStreams, findStream, peekStream } from '../../../src/runtime/inspect/index.ts'
import { toRecord } from '../../../src/runtime/inspect/replies.ts'
import { add, createScene, GROUP, idsIn, read, STREAM } from './scene.ts'

const scene = createScene()
const group = () => describeGroup(scene.redis, STREAM, GROUP)

/** What Redis itself says. */
async function redisLag(): Promise<unknown> {
  const [info] = (await scene.redis.xinfo('GROUPS', STREAM)) as unknown[]
  return toRecord(info).lag
}

describe('the lag of a group', () => {
  it('is what it has not read, and pending is what it has not acknowledged', async () => {
    const { redis } = scene
    await add(redis, 1, 10)
    await redis.xgroup('CREATE', STREAM, GROUP, '0')
    expect(await group()).toMatchObject({ lag: 10, lag_exact: true, pending: 0, consumers: 0, lost: 0 })
    await read(redis, 4)
    await redis.xack(STREAM, GROUP, '1-0')
    expect(await group()).toMatchObject({ lag: 6, lag_exact: true, pending: 3, consumers: 1, alive: 1 })
  })

  it('is counted where Redis has no number', async () => {
    const { redis } = scene
    await add(redis, 1, 10)
    await redis.xgroup('CREATE', STREAM, GROUP, '0')
    await read(redis, 4)
    await redis.xdel(STREAM, '7-0')
    expect(await redisLag()).toBeNull()
    expect(await group()).toMatchObject({ lag: 5, lag_exact: true })
  })

  it('does not count what was trimmed unread, which is lost', async () => {
    const { redis } = scene
    await add(redis, 1, 10)
    await redis.xgroup('CREATE', STREAM, GROUP, '0')
    await read(redis, 2)
    await redis.xtrim(STREAM, 'MAXLEN', '=', 3)
    expect(await redisLag()).toBe(8)
    expect(await group()).toMatchObject({ lag: 3, lag_exact: true, lost: 5 })
  })

  it('is at least the limit, when there is more than is counted and Redis has no number', async () => {
    const { redis } = scene
    await redis.eval(
      "for i = 1, tonumber(ARGV[1]) do redis.call('XADD', KEYS[1], i .. '-0', 'n', i) end",
      1,
      STREAM,
      COUNT_LIMIT + 50,
    )
    await redis.xgroup('CREATE', STREAM, GROUP, '2-0')
    expect(await redisLag()).toBeNull()
    expect(await group()).toMatchObject({ lag: COUNT_LIMIT, lag_exact: false })
    await redis.xgroup('SETID', STREAM, GROUP, '2-0', 'ENTRIESREAD', 2)
    expect(await group()).toMatchObject({ lag: COUNT_LIMIT + 48, lag_exact: true })
    // A number that cannot be true is not taken.
    await redis.call('XGROUP', 'SETID', STREAM, GROUP, '2-0', 'ENTRIESREAD', 0)
    await redis.xtrim(STREAM, 'MAXLEN', '=', COUNT_LIMIT + 49)
    expect(await redisLag()).toBe(COUNT_LIMIT + 50)
    expect(await group()).toMatchObject({ lag: COUNT_LIMIT, lag_exact: false })
  })

  it('adds the losses that the event bus has counted, but none of them twice', async () => {
    const { redis } = scene
    await add(redis, 1, 10)
    await redis.xgroup('CREATE', STREAM, GROUP, '0')
    await read(redis, 2)
    await redis.xtrim(STREAM, 'MAXLEN', '=', 3)
    await redis.hset(lossesKey(STREAM), GROUP, 5)
    await redis.hset(groupKeys(STREAM, GROUP).state, 'removed', 7)
    expect((await group()).lost).toBe(5)
    await redis.xtrim(STREAM, 'MAXLEN', '=', 1)
    expect((await group()).lost).toBe(7)
  })
})

describe('pending entries of a group', () => {
  it('that wait for a retry are not the oldest idle ones', async () => {
    const { redis } = scene
    await add(redis, 1, 3)
    await redis.xgroup('CREATE', STREAM, GROUP, '0')
    await read(redis, 3)
    await redis.call('XCLAIM', STREAM, GROUP, 'c1', 0, '1-0', 'IDLE', 900_000)
    await redis.call('XCLAIM', STREAM, GROUP, 'c1', 0, '2-0', 'IDLE', 300_000)
    const { retries } = groupKeys(STREAM, GROUP)
    await redis.zadd(retries, Date.now() + 60_000, '1-0')
    const waiting = await group()
    expect(waiting.retrying).toBe(1)
    expect(waiting.oldest_idle_ms).toBeGreaterThanOrEqual(300_000)
    expect(waiting.oldest_idle_ms).toBeLessThan(900_000)
    await redis.zadd(retries, Date.now() - 1, '1-0')
    expect((await group()).oldest_idle_ms).toBeGreaterThanOrEqual(900_000)
  })
})

describe('describeStreams', () => {
  it('tells length, ids, times and the lag of all groups, and leaves out what is gone', async () => {
    const { redis } = scene
    await redis.xadd(STREAM, '1732153000000-0', 'a', 'b')
    await redis.xadd(STREAM, '1732153001000-0', 'a', 'b')
    await redis.xgroup('CREATE', STREAM, 'x', '0')
    await redis.xgroup('CREATE', STREAM, 'y', '1732153000000-0')
    const streams = await describeStreams(redis, ['agent:stream:none', STREAM])
    expect(streams).toMatchObject([
      {
        stream: STREAM,
        type: 'task.created',
        length: 2,
        first_id: '1732153000000-0',
        last_at: '2024-11-21T01:36:41.000Z',
        groups: 2,
        lag: 3,
        lag_exact: true,
        pending: 0,
        consumer_groups: [
          { group: 'x', lag: 2 },
          { group: 'y', lag: 1 },
        ],
      },
    ])
    expect(streams[0]?.memory).toBeGreaterThan(0)
  })

  it('takes an emptied stream', async () => {
    const { redis } = scene
    await redis.xgroup('CREATE', STREAM, GROUP, '$', 'MKSTREAM')
    expect(await describeStreams(redis, [STREAM])).toMatchObject([
      { length: 0, first_id: null, last_at: null, lag: 0, consumer_groups: [{ lag: 0, lost: 0 }] },
    ])
  })
})

describe('findStream', () => {
  it('takes event types and keys; an event stream wins over a key of the same name', async () => {
    const { redis } = scene
    await redis.xadd('jobs', '1-0', 'a', 'b')
    expect(await findStream(redis, 'jobs')).toBe('jobs')
    await redis.xadd('agent:stream:jobs', '1-0', 'a', 'b')
    expect(await findStream(redis, 'jobs')).toBe('agent:stream:jobs')
    expect(await findStream(redis, 'agent:stream:jobs')).toBe('agent:stream:jobs')
  })

  it('refuses what is not there or no stream', async () => {
    const { redis } = scene
    await redis.set('text', 'x')
    await expect(findStream(redis, 'none')).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND', exitCode: 3 })
    await expect(findStream(redis, 'text')).rejects.toMatchObject({ code: 'STREAM_WRONG_TYPE' })
  })
})

describe('describeGroup', () => {
  it('refuses what is not there', async () => {
    await expect(group()).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' })
    await add(scene.redis, 1, 1)
    await expect(group()).rejects.toMatchObject({ code: 'GROUP_NOT_FOUND', exitCode: 3 })
  })
})

describe('countEntries', () => {
  it('counts over pages, inclusive or exclusive, and no further than the limit', async () => {
    const { redis } = scene
    await redis.eval("for i = 1, 2500 do redis.call('XADD', KEYS[1], i .. '-0', 'n', i) end", 1, STREAM)
    expect(await countEntries(redis, STREAM, '-', '+')).toBe(2_500)
    expect(await countEntries(redis, STREAM, '(1-0', '(2500-0')).toBe(2_498)
    expect(await countEntries(redis, STREAM, '-', '+', 1_700)).toBe(1_700)
    expect(await countEntries(redis, STREAM, '-', '+', 0)).toBe(0)
    expect(await countEntries(redis, 'none', '-', '+')).toBe(0)
  })
})

describe('peekStream', () => {
  it('reads the newest first, and changes nothing', async () => {
    const { redis } = scene
    await add(redis, 1, 5)
    expect((await peekStream(redis, STREAM, 2)).map(({ id }) => id)).toEqual(['5-0', '4-0'])
    expect(await idsIn(redis)).toHaveLength(5)
  })
})

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import {
  BEGINNING,
  createStreamFollower,
  type StreamFollower,
} from '../../../src/runtime/platform/streams/index.ts'
import { silent, startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let redis: RedisClient
let subscriber: RedisClient
let follower: StreamFollower<string>
let closer: ReturnType<typeof createCloser>
const PATIENCE = { timeout: 20_000 }

beforeAll(async () => {
  server = await startTestRedis(false)
  redis = server.connect()
  subscriber = server.connect('subscriber')
})
afterAll(() => server.close())
beforeEach(async () => {
  await redis.flushall()
  closer = createCloser()
  follower = createStreamFollower({
    redis,
    subscriber,
    decode: ({ fields }) => fields.n ?? '',
    log: silent,
    sweep: 200,
  })
  closer.add(follower, () => follower.close())
})
afterEach(() => closer.close())

/** Adds entries and wakes the followers, as a writer does. */
async function write(key: string, ...values: (number | string)[]): Promise<void> {
  for (const value of values) {
    const id = (await redis.xadd(key, '*', 'n', value)) as string
    await redis.publish(key, id)
  }
}

/** A reader that takes `capacity` entries, then pauses until it is resumed. */
function read(key: string, { after = BEGINNING, capacity = Infinity } = {}) {
  const seen: string[] = []
  const reader = { seen, capacity }
  const following = follower.follow({
    key,
    after,
    deliver(value) {
      seen.push(value)
      return seen.length < reader.capacity
    },
  })
  closer.add(following, () => following.close())
  return Object.assign(reader, following)
}

const texts = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => String(from + i))

describe('following a stream', () => {
  it('delivers what is there and what comes, in order', async () => {
    await write('s', 0, 1, 2)
    const reader = read('s')
    await expect.poll(() => reader.seen, PATIENCE).toEqual(texts(0, 3))
    await write('s', 3, 4)
    await expect.poll(() => reader.seen, PATIENCE).toEqual(texts(0, 5))
  })

  it('delivers more than one read can hold', async () => {
    const pipeline = redis.pipeline()
    for (let i = 0; i < 1_050; i++) pipeline.xadd('s', '*', 'n', i)
    await pipeline.exec()
    const reader = read('s')
    await expect.poll(() => reader.seen.length, PATIENCE).toBe(1_050)
    expect(reader.seen).toEqual(texts(0, 1_050))
  })

  it('gives each of several readers what comes after its own cursor', async () => {
    await write('s', 0, 1, 2, 3)
    const ids = (await redis.xrange('s', '-', '+')).map(([id]) => id)
    const readers = [
      read('s'),
      read('s', { after: ids[1] ?? '' }),
      read('s', { after: ids[3] ?? '' }),
      read('s', { after: ids[1] ?? '' }),
    ]
    await write('s', 4)
    await expect
      .poll(() => readers.map(({ seen }) => seen), PATIENCE)
      .toEqual([texts(0, 5), texts(2, 5), texts(4, 5), texts(2, 5)])
  })

  it('keeps streams apart', async () => {
    await write('a', 'a0')
    const [a, b] = [read('a'), read('b')]
    await write('b', 'b0')
    await write('a', 'a1')
    await expect.poll(() => [a.seen, b.seen], PATIENCE).toEqual([['a0', 'a1'], ['b0']])
  })

  it('delivers hundreds of streams, more than one command reads', async () => {
    const readers = Array.from({ length: 450 }, (_, i) => read(`s${i}`))
    const pipeline = redis.pipeline()
    for (let i = 0; i < 450; i++) pipeline.xadd(`s${i}`, '*', 'n', i)
    await pipeline.exec()
    await expect.poll(() => readers.map(({ seen }) => seen), PATIENCE).toEqual(texts(0, 450).map((n) => [n]))
  })

  it('finds an entry whose wake-up was lost', async () => {
    const reader = read('s')
    await redis.xadd('s', '*', 'n', 'unheard')
    await expect.poll(() => reader.seen, PATIENCE).toEqual(['unheard'])
  })

  it('finds a stream that is made later', async () => {
    const reader = read('later')
    await write('later', 0)
    await expect.poll(() => reader.seen, PATIENCE).toEqual(['0'])
  })

  it('goes on with a stream that was deleted and made anew', async () => {
    await write('s', 0)
    const reader = read('s')
    await expect.poll(() => reader.seen, PATIENCE).toEqual(['0'])
    await redis.del('s')
    await write('s', 'new')
    await expect.poll(() => reader.seen, PATIENCE).toEqual(['0', 'new'])
  })

  it('needs two connections, however many streams and readers there are', async () => {
    const readers = Array.from({ length: 300 }, (_, i) => read(`s${i % 100}`))
    await write('s99', 0)
    await expect.poll(() => readers.filter(({ seen }) => seen.length === 1).length, PATIENCE).toBe(3)
    const clients = String(await redis.call('CLIENT', 'LIST'))
      .trim()
      .split('\n')
    expect(clients).toHaveLength(2)
  })
})

describe('a reader that cannot keep up', () => {
  it('is left at its cursor, and goes on from there', async () => {
    const reader = read('s', { capacity: 2 })
    await write('s', ...texts(0, 5))
    await expect.poll(() => reader.seen, PATIENCE).toEqual(texts(0, 2))
    reader.capacity = 4
    reader.resume()
    await expect.poll(() => reader.seen, PATIENCE).toEqual(texts(0, 4))
    reader.capacity = Infinity
    reader.resume()
    await expect.poll(() => reader.seen, PATIENCE).toEqual(texts(0, 5))
  })

  it('does not hold up the others', async () => {
    const slow = read('s', { capacity: 1 })
    const quick = read('s')
    await write('s', ...texts(0, 20))
    await expect.poll(() => quick.seen, PATIENCE).toEqual(texts(0, 20))
    expect(slow.seen).toEqual(['0'])
  })

  it('is paused when it throws, and nobody else notices', async () => {
    const quick = read('s')
    let calls = 0
    const broken = follower.follow({
      key: 's',
      after: BEGINNING,
      deliver() {
        calls++
        throw new Error('reader is broken')
      },
    })
    closer.add(broken, () => broken.close())
    await write('s', 0, 1)
    await expect.poll(() => quick.seen, PATIENCE).toEqual(['0', '1'])
    expect(calls).toBe(1)
  })
})

describe('seeking', () => {
  it('delivers again from another place, also from within a delivery', async () => {
    await write('s', 0, 1, 2)
    const seen: string[] = []
    const following = follower.follow({
      key: 's',
      after: BEGINNING,
      deliver(value) {
        seen.push(value)
        if (seen.length === 2) following.seek(BEGINNING)
        return true
      },
    })
    closer.add(following, () => following.close())
    await expect.poll(() => seen, PATIENCE).toEqual(['0', '1', '0', '1', '2'])
  })
})

describe('leaving', () => {
  it('ends the deliveries to that reader at once, also from within one', async () => {
    await write('s', 0, 1, 2)
    const seen: string[] = []
    const following = follower.follow({
      key: 's',
      after: BEGINNING,
      deliver(value) {
        seen.push(value)
        following.close()
        return true
      },
    })
    const other = read('s')
    await expect.poll(() => other.seen, PATIENCE).toEqual(texts(0, 3))
    expect(seen).toEqual(['0'])
  })

  it('unsubscribes with the last reader of a stream', async () => {
    const readers = [read('s'), read('s')]
    await expect.poll(() => redis.pubsub('CHANNELS'), PATIENCE).toEqual(['s'])
    readers[0]?.close()
    expect(follower.streams).toBe(1)
    readers[1]?.close()
    expect(follower.streams).toBe(0)
    await expect.poll(() => redis.pubsub('CHANNELS'), PATIENCE).toEqual([])
  })

  it('and coming back at once finds everything', async () => {
    await write('s', 0)
    read('s').close()
    const reader = read('s')
    await write('s', 1)
    await expect.poll(() => reader.seen, PATIENCE).toEqual(['0', '1'])
  })
})

describe('when Redis is killed and comes back', () => {
  it('the readers go on where they were', async () => {
    const readers = [read('s'), read('t')]
    await write('s', 0)
    await write('t', 0)
    await expect.poll(() => readers.map(({ seen }) => seen.length), PATIENCE).toEqual([1, 1])
    await redis.call('WAITAOF', 1, 0, 5_000).catch(() => redis.call('BGREWRITEAOF'))
    await server.kill()
    await server.start()
    await write('s', 'after')
    await write('t', 'after')
    await expect
      .poll(() => readers.map(({ seen }) => seen.at(-1)), { timeout: 30_000 })
      .toEqual(['after', 'after'])
    expect(readers[0]?.seen.filter((value) => value === 'after')).toHaveLength(1)
  })

  it('delivers a published entry at once, and reads what a reader lacks before it', async () => {
    const reader = read('s')
    await redis.xadd('s', '1-1', 'n', 'first')
    await expect.poll(() => reader.seen, PATIENCE).toEqual(['first'])
    // In no stream: whoever sees it was handed the published entry.
    await redis.publish('s', JSON.stringify(['1-2', '1-1', 'n', 'published']))
    await expect.poll(() => reader.seen, PATIENCE).toEqual(['first', 'published'])
    await redis.xadd('s', '1-3', 'n', 'unheard')
    await redis.xadd('s', '1-4', 'n', 'heard')
    await redis.publish('s', JSON.stringify(['1-4', '1-3', 'n', 'heard']))
    await expect.poll(() => reader.seen, PATIENCE).toEqual(['first', 'published', 'unheard', 'heard'])
  })

  it('takes what it cannot understand as a sign of news', async () => {
    const reader = read('s')
    await redis.xadd('s', '1-1', 'n', 'a')
    await redis.publish('s', '[broken')
    await redis.publish('s', '')
    await expect.poll(() => reader.seen, PATIENCE).toEqual(['a'])
  })

  it('goes on with the other streams when one key holds something else', async () => {
    await redis.set('no-stream', 'text')
    read('no-stream')
    const reader = read('s')
    await write('s', 1, 2)
    await expect.poll(() => reader.seen, PATIENCE).toEqual(['1', '2'])
  })
})

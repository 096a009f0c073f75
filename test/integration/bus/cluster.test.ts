import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  createDeadLetters,
  createEventBus,
  deadLetterKey,
  streamKey,
} from '../../../src/runtime/bus/index.ts'
import { createCloser, FatalError } from '../../../src/runtime/kernel/index.ts'
import { connectRedis, disconnectRedis, type RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { foreign, metric, notes, numbers, QUICK, quickest, settled, xadd } from '../../support/bus.ts'
import { eventually } from '../../support/program.ts'
import { silent } from '../../support/redis.ts'
import { startCluster, type Topology } from '../../support/topologies.ts'

let cluster: Topology
let redis: RedisClient
let closer = createCloser()

beforeAll(async () => {
  cluster = await startCluster()
  redis = connectRedis({ url: cluster.url, purpose: 'worker', name: 'test', log: silent })
})
afterAll(async () => {
  await disconnectRedis(redis)
  await cluster.close()
})
afterEach(async () => {
  await closer.close()
  closer = createCloser()
})

const open = () => closer.add(createEventBus({ redisUrl: cluster.url }), (bus) => bus.close())
/** Of different slots, on all nodes. */
const types = numbers(8).map((n) => `cluster.t${n}`)

describe('on a cluster', () => {
  it('events of types on all nodes are published once and handled once', async () => {
    const bus = open()
    const seen = notes<string>()
    for (const type of types) bus.subscribe(type, (data) => seen.add(`${type} ${data}`), QUICK)
    await bus.start()
    await Promise.all(types.flatMap((type) => numbers(20).map((n) => bus.publish(type, n))))
    await Promise.all(types.map((type) => bus.publish(type, 'same', { eventId: 'same' })))
    await Promise.all(types.map((type) => bus.publish(type, 'same', { eventId: 'same' })))
    await seen.until(8 * 21)
    await Promise.all(types.map((type) => settled(redis, 'agent-group', streamKey(type))))
    expect(seen.all).toHaveLength(8 * 21)
    expect(new Set(seen.all).size).toBe(8 * 21)
  })

  it('what a foreign publisher adds, which announces nothing, is found all the same', async () => {
    const bus = open()
    const seen = notes<unknown>()
    bus.subscribe('cluster.foreign', (data) => seen.add(data))
    await bus.start()
    await xadd(redis, foreign('by python'), streamKey('cluster.foreign'))
    expect(await seen.until(1)).toEqual(['by python'])
  })

  it('what fails is retried, and goes to the dead letters in one step', async () => {
    const bus = open()
    const seen = notes<number>()
    const type = 'cluster.failing'
    bus.subscribe(
      type,
      (data, { delivery }) => {
        seen.add(delivery)
        if (data === 'fatal' || delivery < 3)
          throw data === 'fatal' ? new FatalError('no') : new Error('again')
      },
      QUICK,
    )
    await bus.start()
    await bus.publish(type, 'retried')
    expect(await seen.until(3)).toEqual([1, 2, 3])
    await bus.publish(type, 'fatal')
    const key = deadLetterKey(type, true)
    await eventually(async () => (await redis.xlen(key)) === 1)
    await settled(redis, 'agent-group', streamKey(type))
    const letters = createDeadLetters({ redis })
    expect(await letters.list()).toMatchObject([{ type, count: 1 }])
    await expect.poll(() => metric(bus, 'events_dead_letters', { event_type: type })).toBe(1)
    expect(await letters.retry(type, 'all')).toHaveLength(1)
    await eventually(async () => (await redis.xlen(key)) === 1 && seen.all.length === 5)
  })

  it('requests are answered', async () => {
    const bus = open()
    for (const type of types) bus.subscribe(type, (data) => (data as { n: number }).n + 1)
    await bus.start({ group: 'responders' })
    const replies = await Promise.all(
      types.map((type, n) => bus.request<number>(type, { n }, { timeout: 20_000 })),
    )
    expect(replies.map(({ result }) => result)).toEqual(types.map((_, n) => n + 1))
  })

  it('a group that is gone is made anew', async () => {
    const bus = open()
    const type = 'cluster.healed'
    const seen = notes<unknown>()
    bus.subscribe(type, (data) => seen.add(data))
    await bus.start()
    await bus.publish(type, 1)
    await seen.until(1)
    await settled(redis, 'agent-group', streamKey(type))
    await redis.del(streamKey(type))
    await bus.publish(type, 2)
    expect(await seen.until(2)).toEqual([1, 2])
  })

  it('a stop is quick, and leaves no consumer behind', async () => {
    const bus = open()
    bus.subscribe(types[0] as string, () => {})
    const took = await quickest(3, async () => {
      await bus.start({ group: 'leaving' })
      const from = performance.now()
      await bus.stop()
      return performance.now() - from
    })
    expect(took).toBeLessThan(1_500) // a read waits for 2 s
    expect(await redis.xinfo('CONSUMERS', streamKey(types[0] as string), 'leaving')).toEqual([])
  })
})

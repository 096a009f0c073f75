import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import {
  connectRedis,
  createConfirming,
  disconnectRedis,
  type Purpose,
  type RedisClient,
  slotOf,
} from '../../../src/runtime/platform/redis/index.ts'
import { startLossyProxy } from '../../support/faults.ts'
import { eventually } from '../../support/program.ts'
import { silent, startTestRedis } from '../../support/redis.ts'
import { startReplicatedCluster, startReplicatedServer } from '../../support/topologies.ts'

let closer = createCloser()
afterEach(async () => {
  const closing = closer
  closer = createCloser()
  await closing.close()
})

function connect(url: string, purpose: Purpose = 'worker'): RedisClient {
  return closer.add(connectRedis({ url, purpose, name: 'test', log: silent }), disconnectRedis)
}

/** An error comes with it, which `once` would take for its own. */
function closed(redis: RedisClient): Promise<void> {
  return new Promise((done) => redis.once('close', () => done()))
}

async function behindProxy() {
  const server = closer.add(await startTestRedis(), (opened) => opened.close())
  return closer.add(await startLossyProxy(server.url), (opened) => opened.close())
}

describe('a connection whose server has gone silent', () => {
  it('is cut and made anew, and the command is sent again', async () => {
    const proxy = await behindProxy()
    const redis = connect(proxy.url)
    await redis.set('a', '1')
    proxy.hold()
    const answer = redis.get('a')
    await closed(redis)
    proxy.release()
    expect(await answer).toBe('1')
  })

  it('is noticed by who only listens, and subscribed again', async () => {
    const proxy = await behindProxy()
    const subscriber = connect(proxy.url, 'subscriber')
    await subscriber.subscribe('news')
    proxy.hold()
    await closed(subscriber)
    proxy.release()
    const heard = once(subscriber, 'message')
    const redis = connect(proxy.url)
    await eventually(async () => (await redis.publish('news', 'hello')) === 1)
    expect(await heard).toEqual(['news', 'hello'])
  })

  it('is left alone when nothing is due', async () => {
    const proxy = await behindProxy()
    const redis = connect(proxy.url)
    await redis.ping()
    let cuts = 0
    redis.on('close', () => cuts++)
    const other = connect(proxy.url)
    proxy.hold()
    const answer = other.get('a')
    await closed(other)
    proxy.release()
    await answer
    expect([cuts, await redis.ping()]).toEqual([0, 'PONG'])
  })
})

describe.each([
  ['a server with replicas', startReplicatedServer],
  ['a cluster', () => startReplicatedCluster('a')],
])('what is written to %s with a demand for replicas', (_name, start) => {
  it('is confirmed when they have it, and refused when they have not', async () => {
    const { url, replicas } = closer.add(await start(), (opened) => opened.close())
    const redis = connect(url, 'request')
    const durably = createConfirming({ redis, open: () => connect(url, 'request'), replicas: 2 })
    const write = (value: string) => durably(['a'], () => redis.set('a', value))
    expect(await Promise.all(['1', '2', '3'].map(write))).toEqual(['OK', 'OK', 'OK'])
    for (const replica of replicas) replica.pause()
    await expect(write('4')).rejects.toMatchObject({ code: 'REDIS_NOT_CONFIRMED' })
    for (const replica of replicas) replica.resume()
    await eventually(() => write('5').then(Boolean, () => false))
    expect(await redis.get('a')).toBe('5')
  })
})

describe('a demand for replicas', () => {
  it('that one primary of a cluster cannot meet holds up nothing on the others', async () => {
    const { url } = closer.add(await startReplicatedCluster('a'), (opened) => opened.close())
    const redis = connect(url, 'request')
    const durably = createConfirming({ redis, open: () => connect(url, 'request'), replicas: 1 })
    const alone = ['b', 'c', 'd', 'e'].find((key) => Math.abs(slotOf(key) - slotOf('a')) > 16_384 / 3) ?? ''
    const [met, unmet] = await Promise.allSettled(
      ['a', alone].map((key) => durably([key], () => redis.set(key, '1'))),
    )
    expect(met).toMatchObject({ status: 'fulfilled' })
    expect(unmet).toMatchObject({ status: 'rejected', reason: { code: 'REDIS_NOT_CONFIRMED' } })
  })

  it('is not met by another server than the one that has the work', async () => {
    const { url } = closer.add(await startReplicatedServer(), (opened) => opened.close())
    const proxy = closer.add(await startLossyProxy(url), (opened) => opened.close())
    const redis = connect(url, 'request')
    const durably = createConfirming({ redis, open: () => connect(proxy.url, 'request'), replicas: 1 })
    await expect(durably(['a'], () => redis.set('a', '1'))).rejects.toMatchObject({
      code: 'REDIS_NOT_CONFIRMED',
    })
  })

  it('is not met when a connection was lost meanwhile', async () => {
    const { url } = closer.add(await startReplicatedServer(), (opened) => opened.close())
    const redis = connect(url, 'request')
    const durably = createConfirming({ redis, open: () => connect(url, 'request'), replicas: 1 })
    const work = async () => {
      await redis.set('a', '1')
      redis.disconnect(true)
      await once(redis, 'ready')
    }
    await expect(durably(['a'], work)).rejects.toMatchObject({ code: 'REDIS_NOT_CONFIRMED' })
    expect(await durably(['a'], () => redis.set('a', '2'))).toBe('OK')
  })

  it('of none is no demand', async () => {
    const redis = connect((await behindProxy()).url)
    const open = () => {
      throw new Error('no connection is needed')
    }
    expect(await createConfirming({ redis, open, replicas: 0 })(['a'], () => redis.set('a', '1'))).toBe('OK')
  })
})

import { describe, expect, it } from 'vitest'
import { createEventBus } from '../../src/runtime/bus/index.ts'
import { connectRedis, disconnectRedis, type RedisClient } from '../../src/runtime/platform/redis/index.ts'
import { createArenas, STREAM, TYPE } from '../support/bus-faults.ts'
import { startLossyProxy } from '../support/faults.ts'
import { eventually } from '../support/program.ts'
import { silent } from '../support/redis.ts'
import {
  type FailoverTopology,
  replicated,
  startFailoverSentinel,
  startReplicatedCluster,
  startReplicatedServer,
} from '../support/topologies.ts'

const arenas = createArenas()
const close = (opened: { close(): Promise<void> }) => opened.close()

const TOPOLOGIES: [string, () => Promise<FailoverTopology>][] = [
  ['Sentinel', startFailoverSentinel],
  ['Cluster', () => startReplicatedCluster(STREAM)],
]

/** How a primary leaves. */
const WAYS: [string, (topology: FailoverTopology) => Promise<void> | void][] = [
  ['is killed', ({ primary }) => primary.kill()],
  ['hangs', ({ primary }) => primary.pause()],
  ['hands over by command', (topology) => topology.failover()],
]

describe.each(TOPOLOGIES)('the event bus, failover of a %s', (name, start) => {
  it.each(WAYS)(
    'whose primary %s under load: what replicas have confirmed is not lost, and everybody goes on',
    async (way, leave) => {
      const arena = arenas.open(`${name}, primary ${way}`)
      const { chance, why } = arena
      const topology = arena.own(await start(), close)
      const { url } = topology
      const redis = arena.own(connect(url), disconnectRedis)
      await Promise.all([arena.consumer({ url }), arena.consumer({ url })])
      const durable = { replicas: 1, timeout: 2_000 }
      const producer = await arena.producer({ url, durable, inFlight: 8 })
      await arena.moreAcks(chance.between(200, 500))
      await leave(topology)
      await arena.moreAcks(300)
      await producer.stop()
      await arena.drain(redis)
      const verdict = await arena.judge(redis)
      const { refused } = arena.books()
      process.stderr.write(`${why}: refused ${JSON.stringify(refused.slice(0, 3))}\n`)
      expect(verdict, why).toMatchObject({ lost: [], unexpected: [], deadLetters: 0 })
      // In the moment of the failover nobody confirms: then it is said so.
      expect(new Set(refused.map(({ code }) => code)), why).toEqual(
        new Set(refused.length > 0 ? ['EVENT_NOT_DURABLE'] : []),
      )
    },
  )

  it('whose replicas hang: a durable publication says that it is not confirmed, and succeeds when they are back', async () => {
    const arena = arenas.open(`replicas of a ${name} hang`)
    const { why } = arena
    const { url, primary, replicas } = arena.own(await start(), close)
    const direct = arena.own(connect(`redis://127.0.0.1:${primary.port}`), disconnectRedis)
    const bus = arena.own(createEventBus({ redisUrl: url }), close)
    const publish = (n: number, timeout: number) =>
      bus.publish(TYPE, { n }, { eventId: `event.${n}`, durable: { replicas: 2, timeout } }).catch(String)
    for (const n of [1, 2, 3, 4, 5]) expect(await publish(n, 10_000), why).toBe(`event.${n}`)
    // Nothing unconfirmed is left on any connection that could make up for a wait about the wrong thing.
    await eventually(async () => {
      const info = await direct.info('replication')
      const offset = /master_repl_offset:(\d+)/.exec(info)?.[1]
      return info.split(`offset=${offset},`).length === 3
    })
    for (const replica of replicas) replica.pause()
    await direct.script('FLUSH') // as the server that takes over, it does not know the script
    for (const n of [6, 7, 8, 9, 10]) expect(await publish(n, 300), why).toContain('0 of 2 replicas')
    for (const replica of replicas) replica.resume()
    for (const n of [6, 7, 8, 9, 10]) expect(await publish(n, 10_000), why).toBe(`event.${n}`)
    expect(await direct.xlen(STREAM), why).toBe(10)
  })
})

describe('the event bus, a failover while replicas are to confirm', () => {
  it('to a server that has not got the event: it is published there, not taken for confirmed', async () => {
    const arena = arenas.open('failover while waiting')
    const { why } = arena
    const { url, primary, replicas } = arena.own(await startReplicatedServer(), close)
    const [next, last] = replicas.map(({ port }) =>
      arena.own(connect(`redis://127.0.0.1:${port}`), disconnectRedis),
    ) as [RedisClient, RedisClient]
    const old = arena.own(connect(url), disconnectRedis)
    const proxy = arena.own(await startLossyProxy(url), close)
    const bus = arena.own(createEventBus({ redisUrl: proxy.url }), close)
    await bus.publish(TYPE, { n: 1 }, { durable: { replicas: 2 } })
    const promoted = replicas[0]?.port ?? 0
    await next.call('REPLICAOF', 'NO', 'ONE')
    await last.call('REPLICAOF', '127.0.0.1', promoted)
    await replicated(promoted, 1, 'probe')
    const durable = { replicas: 1, timeout: 10_000 }
    const publishing = bus.publish(TYPE, { n: 2 }, { eventId: 'event.2', durable })
    await eventually(async () => /blocked_clients:1/.test(await old.info('clients')))
    proxy.redirect(promoted)
    await primary.kill()
    expect(await publishing, why).toBe('event.2')
    expect(await next.xlen(STREAM), why).toBe(2)
  })
})

function connect(url: string): RedisClient {
  return connectRedis({ url, purpose: 'worker', name: 'test', log: silent })
}

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { EventBus } from '../../../src/runtime/bus/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { createBusScene, entriesOf, STREAM, TYPE } from '../../support/bus.ts'
import { eventually } from '../../support/program.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

const scene = createBusScene()
let replica: TestRedis
let onReplica: RedisClient

beforeAll(async () => {
  replica = await startTestRedis()
  onReplica = replica.connect()
  await scene.redis.config('SET', 'repl-diskless-sync-delay', 0)
})
afterAll(() => replica.close())
afterEach(async () => {
  process.kill(replica.pid(), 'SIGCONT')
  await onReplica.call('REPLICAOF', 'NO', 'ONE')
})

async function follow(): Promise<void> {
  await onReplica.call('REPLICAOF', '127.0.0.1', new URL(scene.server.url).port)
  await eventually(async () => (await scene.redis.info('replication')).includes('state=online'))
  // The replica acknowledges for the first time a second after it came online.
  await eventually(async () => {
    await scene.redis.set('before', 1)
    return Number(await scene.redis.call('WAIT', 1, 2_000)) === 1
  })
}

const confirmed = (bus: EventBus, timeout: number, eventId?: string) =>
  bus.send(TYPE, 1, {
    durable: { replicas: 1, timeout },
    // Those of many at once wait for each other, on a busy machine for long.
    timeout: 30_000,
    ...(eventId === undefined ? {} : { eventId }),
  })

describe('publishing durably', () => {
  it('returns when the replica has the event', async () => {
    await follow()
    const { entryId } = await confirmed(scene.bus(), 4_000)
    expect((await onReplica.xrange(STREAM, entryId, entryId))[0]?.[0]).toBe(entryId)
  })

  it('fails when no replica confirms, and may be repeated under the same id', async () => {
    const bus = scene.bus()
    await expect(confirmed(bus, 20, 'e1')).rejects.toMatchObject({
      code: 'EVENT_NOT_DURABLE',
      message: expect.stringContaining('0 of 1 replicas'),
    })
    expect(await entriesOf(scene.redis)).toHaveLength(1)
    await follow()
    expect(await confirmed(bus, 4_000, 'e1')).toMatchObject({ duplicate: true })
    expect(await entriesOf(onReplica)).toHaveLength(1)
  })

  it('fails while the replica hangs, also for an event that was there already', async () => {
    await follow()
    const bus = scene.bus()
    await confirmed(bus, 4_000)
    process.kill(replica.pid(), 'SIGSTOP')
    await expect(confirmed(bus, 50, 'e2')).rejects.toMatchObject({ code: 'EVENT_NOT_DURABLE' })
    await expect(confirmed(bus, 50, 'e2')).rejects.toMatchObject({ code: 'EVENT_NOT_DURABLE' })
  })

  it('does not take a new connection, which has written nothing, for a confirmation', async () => {
    await follow()
    const bus = scene.bus()
    await confirmed(bus, 4_000)
    process.kill(replica.pid(), 'SIGSTOP')
    const sending = confirmed(bus, 4_000, 'e2')
    sending.catch(() => {})
    // Its last command is WAIT before it writes as well: only a blocked one (flag b) is waiting now.
    let waiting: string | undefined
    await eventually(async () => {
      const clients = String(await scene.redis.call('CLIENT', 'LIST')).split('\n')
      waiting = clients.find((client) => client.includes(':durable ') && / flags=\w*b/.test(client))
      return waiting !== undefined
    })
    await scene.redis.call('CLIENT', 'KILL', 'ID', /^id=(\d+)/.exec(waiting ?? '')?.[1] ?? '')
    await expect(sending).rejects.toMatchObject({ code: 'EVENT_NOT_DURABLE' })
  })

  it('says for each of many at once what is missing, however long they wait for each other', async () => {
    const bus = scene.bus()
    const results = await Promise.allSettled(Array.from({ length: 12 }, () => confirmed(bus, 500)))
    const codes = results.map((result) => (result as PromiseRejectedResult).reason.code)
    expect(codes).toEqual(Array(12).fill('EVENT_NOT_DURABLE'))
    expect(await entriesOf(scene.redis)).toHaveLength(12)
  })

  it('holds up nothing that is published without it', async () => {
    const bus = scene.bus()
    const order: string[] = []
    const durable = confirmed(bus, 4_000).catch(() => order.push('durable'))
    await bus.publish(TYPE, 2)
    order.push('plain')
    await durable
    expect(order).toEqual(['plain', 'durable'])
  })

  it('on disk needs Redis 7.2: an older one says so at once', async () => {
    const version = /redis_version:(\d+)\.(\d+)/.exec(await scene.redis.info('server'))
    const old = Number(version?.[1]) < 7 || (Number(version?.[1]) === 7 && Number(version?.[2]) < 2)
    const sending = scene.bus().publish(TYPE, 1, { durable: { aof: true } })
    // From 7.2 on it is the append-only file that is missing: test servers have none.
    await expect(sending).rejects.toMatchObject({
      code: 'EVENT_DURABILITY_UNSUPPORTED',
      field: 'durable',
      message: expect.stringMatching(old ? /unknown command/i : /appendonly/i),
    })
  })
})

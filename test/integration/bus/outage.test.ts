import { describe, expect, it } from 'vitest'
import { freePort } from '../../../src/runtime/platform/process/index.ts'
import { createBusScene, entriesOf, GROUP, metric, notes, settled, TYPE } from '../../support/bus.ts'

const scene = createBusScene(false)

describe('publishing while Redis is away', () => {
  it('fails with REDIS_UNREACHABLE when the time is up', async () => {
    const bus = scene.bus({ redisUrl: `redis://127.0.0.1:${await freePort()}` })
    const from = performance.now()
    await expect(bus.publish(TYPE, 1, { timeout: 600 })).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
    const took = performance.now() - from
    expect(took).toBeGreaterThan(300)
    expect(took).toBeLessThan(9_000) // without a time of its own it would be 10 s
  })

  it('fails in time also when Redis hangs', async () => {
    const bus = scene.bus()
    await bus.publish(TYPE, 0)
    process.kill(scene.server.pid(), 'SIGSTOP')
    try {
      const from = performance.now()
      await expect(bus.publish(TYPE, 1, { timeout: 500 })).rejects.toMatchObject({
        code: 'REDIS_UNREACHABLE',
      })
      expect(performance.now() - from).toBeLessThan(4_900) // a command is given up after 5 s
    } finally {
      process.kill(scene.server.pid(), 'SIGCONT')
    }
  })

  it('waits for a Redis that comes back in time, and publishes once', async () => {
    const bus = scene.bus()
    await bus.publish(TYPE, 'before')
    await scene.server.kill()
    const sending = bus.send(TYPE, 'meanwhile', { timeout: 30_000 })
    await scene.server.start()
    expect(await sending).toMatchObject({ duplicate: false })
    const data = (await entriesOf(scene.redis)).map(({ fields }) => fields.data)
    expect(data.filter((text) => text === '"meanwhile"')).toHaveLength(1)
  })
})

describe('consuming while Redis is away', () => {
  it('goes on when it is back: what was published is handled, once', async () => {
    const seen = notes<unknown>()
    await scene.consumer((data) => seen.add(data))
    const publisher = scene.bus()
    await publisher.publish(TYPE, 0)
    await seen.until(1)
    await settled(scene.redis)
    await scene.server.kill()
    await scene.server.start()
    await publisher.publish(TYPE, 1, { timeout: 20_000 })
    expect(await seen.until(2)).toEqual([0, 1])
    await settled(scene.redis)
  })

  it('lets a handler finish that was under way, and acknowledges when Redis is back', async () => {
    const seen = notes<number>()
    let finish = () => {}
    const bus = await scene.consumer(async (_, { delivery }) => {
      seen.add(delivery)
      await new Promise<void>((resolve) => {
        finish = resolve
      })
    })
    await bus.publish(TYPE, 1)
    await seen.until(1)
    await scene.server.kill()
    finish()
    await scene.server.start()
    await settled(scene.redis)
    expect(seen.all).toEqual([1])
    await expect
      .poll(() => metric(bus, 'events_processed_total', { event_type: TYPE, status: 'success' }))
      .toBe(1)
  })

  it('starts when Redis is there at last', async () => {
    await scene.server.kill()
    const seen = notes<unknown>()
    const bus = scene.bus()
    bus.subscribe(TYPE, (data) => seen.add(data))
    const starting = bus.start()
    await scene.server.start()
    await starting
    await bus.publish(TYPE, 1)
    expect(await seen.until(1)).toEqual([1])
  })

  it('stops at once, and can be started again later', async () => {
    const seen = notes<unknown>()
    const bus = await scene.consumer((data) => seen.add(data))
    await scene.server.kill()
    const from = performance.now()
    await bus.stop({ drainTimeout: 60_000 })
    const took = performance.now() - from
    await scene.server.start()
    expect(took).toBeLessThan(20_000)
    await bus.start()
    await bus.publish(TYPE, 1, { timeout: 20_000 })
    expect(await seen.until(1)).toEqual([1])
    await settled(scene.redis, GROUP)
  })

  it('stops while it is still waiting for Redis to start', async () => {
    const bus = scene.bus({ redisUrl: `redis://127.0.0.1:${await freePort()}` })
    bus.subscribe(TYPE, () => {})
    const starting = bus.start()
    starting.catch(() => {})
    const from = performance.now()
    await bus.stop({ drainTimeout: 60_000 })
    expect(performance.now() - from).toBeLessThan(20_000)
  })
})

import { describe, expect, it } from 'vitest'
import {
  createBusScene,
  GROUP,
  gate,
  metric,
  notes,
  numbers,
  pendingOf,
  quickest,
  STREAM,
  settled,
  TYPE,
} from '../../support/bus.ts'
import { eventually } from '../../support/program.ts'

const scene = createBusScene()

describe('stopping', () => {
  it('is quick when nothing is under way', async () => {
    const bus = await scene.consumer(() => {})
    const took = await quickest(3, async () => {
      await eventually(async () =>
        / flags=\w*b.* cmd=xreadgroup/.test(String(await scene.redis.call('CLIENT', 'LIST'))),
      )
      const from = performance.now()
      await bus.stop()
      const stopped = performance.now()
      await bus.start()
      return stopped - from
    })
    expect(took).toBeLessThan(1_500) // a read waits for 2 s
  })

  it('lets handlers finish, and takes no more', async () => {
    const [go, seen] = [gate(), notes<string>()]
    const bus = await scene.consumer(
      async (data, { signal }) => {
        seen.add(`begin ${data}`)
        await go.opened
        seen.add(`end ${data} ${signal.aborted}`)
      },
      { concurrency: 2 },
    )
    await Promise.all(numbers(6).map((n) => bus.publish(TYPE, n)))
    await seen.until(2)
    let stopped = false
    const stopping = bus.stop({ drainTimeout: 20_000 }).then(() => {
      stopped = true
    })
    await bus.publish(TYPE, 'late')
    expect(stopped).toBe(false)
    go.open()
    await stopping
    expect(await pendingOf(scene.redis)).toEqual([])
    const begun = seen.all.filter((note) => note.startsWith('begin'))
    const ended = seen.all.filter((note) => note.startsWith('end'))
    expect(ended.length).toBe(begun.length)
    expect(ended.every((note) => note.endsWith('false'))).toBe(true)
    expect(begun).not.toContain('begin late')
  })

  it('lets the retries of others be, and what is planned is done by the next', async () => {
    const seen = notes<string>()
    const bus = await scene.consumer(
      () => {
        seen.add('first')
        throw new Error('no')
      },
      { backoff: { min: 100, max: 100 } },
    )
    await bus.publish(TYPE, 1)
    await seen.until(1)
    await bus.stop()
    await scene.consumer(() => seen.add('second'))
    expect(await seen.until(2)).toEqual(['first', 'second'])
  })

  it('aborts what does not finish in time, and gives it back at once for others', async () => {
    const seen = notes<string>()
    const bus = await scene.consumer(async (_, { signal }) => {
      seen.add('first')
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve())
      })
      throw signal.reason
    })
    await bus.publish(TYPE, 1)
    await seen.until(1)
    await scene.consumer((_, { delivery }) => seen.add(`second ${delivery}`))
    const from = performance.now()
    await bus.stop({ drainTimeout: 50 })
    expect(await seen.until(2)).toEqual(['first', 'second 2'])
    expect(performance.now() - from).toBeLessThan(20_000) // the lease is 30 s
    await settled(scene.redis)
  })

  it('does not wait for a handler that ignores the abort', async () => {
    const seen = notes<number>()
    const go = gate()
    const bus = await scene.consumer(async () => {
      seen.add(1)
      await go.opened
    })
    await bus.publish(TYPE, 1)
    await seen.until(1)
    const from = performance.now()
    await bus.stop({ drainTimeout: 50 })
    expect(performance.now() - from).toBeLessThan(20_000) // the handler never ends
    go.open()
  })

  it('does not run what was waiting for a handler', async () => {
    const [go, seen] = [gate(), notes<unknown>()]
    await scene.redis.xgroup('CREATE', STREAM, GROUP, '0', 'MKSTREAM')
    const bus = await scene.consumer(
      async (data) => {
        seen.add(data)
        await go.opened
      },
      { concurrency: 1 },
    )
    await Promise.all(numbers(5).map((n) => bus.publish(TYPE, n)))
    await seen.until(1)
    const stopping = bus.stop({ drainTimeout: 30 })
    await stopping
    go.open()
    await bus.publish(TYPE, 'later')
    expect(seen.all).toEqual([0])
  })

  it('can be followed by another start, also in another group', async () => {
    const seen = notes<string>()
    const bus = await scene.consumer((data, { group }) => seen.add(`${group} ${data}`))
    await bus.publish(TYPE, 1)
    await seen.until(1)
    await bus.stop()
    await bus.start({ group: 'other' })
    await seen.until(2)
    await bus.stop()
    await bus.publish(TYPE, 2)
    await bus.start()
    expect(await seen.until(3)).toEqual([`${GROUP} 1`, 'other 1', `${GROUP} 2`])
    const labels = { event_type: TYPE, status: 'success' }
    await eventually(async () => (await metric(bus, 'events_processed_total', labels)) === 3)
  })

  it('twice, or before any start, does nothing', async () => {
    const bus = await scene.consumer(() => {})
    await Promise.all([bus.stop(), bus.stop()])
    await bus.stop()
    await scene.bus().stop()
  })

  it('right after a subscription leaves nothing running', async () => {
    const bus = await scene.consumer(() => {})
    const seen = notes<unknown>()
    bus.subscribe('test.later', (data) => seen.add(data))
    await bus.stop()
    await scene.bus().publish('test.later', 1)
    // Longer than two sweeps: nobody may look after the stream any more.
    await scene.redis.config('RESETSTAT')
    await new Promise((resolve) => setTimeout(resolve, 1_300))
    expect(await scene.redis.info('commandstats')).not.toMatch(/cmdstat_(evalsha|xreadgroup)/)
    expect(seen.all).toEqual([])
  })
})

describe('closing', () => {
  it('stops, closes every connection, and refuses everything after', async () => {
    const bus = await scene.consumer(() => {}, { bus: { name: 'closing' } })
    await bus.request('test.none', {}, { timeout: 10 }).catch(() => {})
    await bus.send(TYPE, 1, { durable: { replicas: 0 } })
    await bus.close()
    await bus.close()
    await eventually(
      async () => !String(await scene.redis.call('CLIENT', 'LIST')).includes('agentctl:closing'),
    )
    const closed = expect.objectContaining({ code: 'BUS_STATE' })
    await expect(bus.publish(TYPE, 1)).rejects.toEqual(closed)
    await expect(bus.request(TYPE, {})).rejects.toEqual(closed)
    await expect(bus.start()).rejects.toEqual(closed)
    expect(() => bus.subscribe('test.other', () => {})).toThrow(closed)
  })
})

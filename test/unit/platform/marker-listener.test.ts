import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createMarkerListener } from '../../../src/runtime/platform/queue/marker-listener.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { silent } from '../../support/redis.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('a connection that dies quietly is given up, and so is the next', async () => {
  let reconnected = 0
  const blocking = Object.assign(new EventEmitter(), {
    // The driver repeats it on the next connection; ended while that is being made, it never settles.
    bzpopmin: () => new Promise(() => {}),
    disconnect(again = false) {
      if (again) reconnected++
    },
  })
  const redis = { duplicate: () => blocking } as unknown as RedisClient
  const markers = { markers: ['job:first:marker'], wakeUp: 'job:wake:me' }
  const options = { redis, ...markers, hasRoom: () => true, onMarker() {}, log: silent }
  const listener = createMarkerListener(options)
  await vi.advanceTimersByTimeAsync(20_000)
  expect(reconnected).toBe(3)
  await listener.close()
})

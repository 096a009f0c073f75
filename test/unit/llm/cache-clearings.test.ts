import { EventEmitter } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { listenToClearings } from '../../../src/runtime/llm/cache/clearings.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'

function subscriberThat(subscribe: () => Promise<unknown>) {
  return Object.assign(new EventEmitter(), { status: 'ready', subscribe }) as unknown as RedisClient
}

it.each([
  ['heard of once there is a subscription', (): Promise<unknown> => Promise.resolve(1), true],
  ['not heard of where it was refused', (): Promise<unknown> => Promise.reject(new Error('NOPERM')), false],
] as const)('clearings are %s', async (_, subscribe, heard) => {
  const subscriber = subscriberThat(subscribe)
  const clearings = listenToClearings(subscriber, subscriber, { onCleared() {}, onUnsure() {} })
  await turn()
  expect(clearings.heard).toBe(heard)
  subscriber.emit('close')
  expect(clearings.heard).toBe(false)
  await clearings.close()
  expect(subscriber.listenerCount('message')).toBe(0)
})

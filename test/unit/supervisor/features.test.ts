import { pino } from 'pino'
import { expect, it, vi } from 'vitest'
import { createServedFeatures } from '../../../src/runtime/supervisor/features.ts'

it('has the workers of a feature scaled between its bounds, where there is something to choose', async () => {
  const scaled: unknown[] = []
  const features = createServedFeatures({
    supervisor: {
      define() {},
      withdraw: async () => {},
      scale: async () => {},
      snapshot: () => [],
    },
    specOf: (role) => ({
      role,
      stopTimeout: 0,
      beats: false,
      launch: () => () => Promise.reject(new Error('no')),
    }),
    scaling: {
      add: async (part, range) => void scaled.push([part, range]),
      remove: (name) => void scaled.push(name),
    },
    log: pino({ level: 'silent' }),
  })
  const put = (min: number, max: number) => {
    const settings = { min, max, idleTimeout: 60_000 }
    features.put({ feature: 'vip', settings, fence: 1 })
    return scaled.splice(0)
  }
  const part = { name: 'worker@vip', role: 'worker', args: ['--feature=vip'] }
  expect(put(1, 5)).toEqual([[part, { min: 1, max: 5 }]])
  expect(put(2, 2)).toEqual(['worker@vip'])
  features.remove({ feature: 'vip', fence: 1 })
  await vi.waitFor(() => expect(scaled).toEqual(['worker@vip']))
})

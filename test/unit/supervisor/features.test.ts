import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createServedFeatures } from '../../../src/runtime/supervisor/features.ts'
import type { ReplicaSnapshot } from '../../../src/runtime/supervisor/replica.ts'
import { silent } from '../../support/redis.ts'

const settings = { min: 2, max: 4, idleTimeout: 1_000 }
const request = (feature: string, given: Partial<typeof settings> = {}, fence = 1) => ({
  ...{ feature, fence },
  settings: { ...settings, ...given },
})

/** Features of a supervisor that does at once what it is told, and writes it down. */
function scene() {
  const replicas = new Map<string, Partial<ReplicaSnapshot>[]>()
  const said: unknown[][] = []
  const withdrawal = Promise.withResolvers<void>()
  const features = createServedFeatures({
    supervisor: {
      define: ({ role }) => void replicas.set(role, replicas.get(role) ?? []),
      async withdraw(role) {
        said.push(['withdraw', role])
        await withdrawal.promise
        replicas.delete(role)
      },
      async scale(role, count) {
        said.push(['scale', role, count])
        replicas.set(
          role,
          Array.from({ length: count }, (_, i) => ({
            name: `${role}-${i + 1}`,
            role,
            state: 'ready',
            failure: null,
          })),
        )
        features.look()
      },
      snapshot: () => [...replicas.values()].flat() as ReplicaSnapshot[],
    },
    scaling: {
      add: async ({ name, args }, range) => void said.push(['add', name, ...args, range]),
      remove: (name) => said.push(['remove', name]),
    },
    specOf: ({ name }) => ({
      role: name,
      stopTimeout: 1,
      beats: false,
      launch: () => () => new Promise(() => {}),
    }),
    log: silent,
  })
  return { features, replicas, said, withdrawn: withdrawal.resolve, fails: withdrawal.reject }
}

describe('the features under serve', () => {
  it('have workers of their own, whose number the work decides between the bounds', () => {
    const { features, said } = scene()
    features.put(request('a/b'))
    expect(said).toEqual([
      ['add', 'worker@a%2Fb', '--feature=a/b', { min: 2, max: 4 }],
      ['scale', 'worker@a%2Fb', 2],
    ])
    expect(features.all()).toEqual([{ feature: 'a/b', settings, replicas: 2, ready: 2 }])
  })

  it('keep any number that is within the bounds, and come back to it when these change', () => {
    const { features, said, replicas } = scene()
    features.put(request('shop'))
    replicas.get('worker@shop')?.push({ role: 'worker@shop', state: 'starting', failure: null })
    features.put(request('shop'))
    expect(features.all()).toMatchObject([{ replicas: 3, ready: 2 }])
    features.put(request('shop', { min: 1, max: 1 }))
    expect(said.filter(([what]) => what === 'scale')).toEqual([
      ['scale', 'worker@shop', 2],
      ['scale', 'worker@shop', 1],
    ])
  })

  it('are gone when their workers have ended, and not before; meanwhile nothing is started', async () => {
    const { features, said, withdrawn } = scene()
    features.put(request('shop'))
    expect(features.remove({ feature: 'shop', fence: 1 })).toEqual({ gone: false })
    expect(features.remove({ feature: 'shop', fence: 1 })).toEqual({ gone: false })
    features.put(request('shop', { min: 4 }))
    withdrawn()
    await turn()
    expect(features.remove({ feature: 'shop', fence: 1 })).toEqual({ gone: true })
    expect(said.slice(2)).toEqual([
      ['remove', 'worker@shop'],
      ['withdraw', 'worker@shop'],
    ])
  })

  it('are tried to be removed again when that has failed', async () => {
    const { features, said, fails } = scene()
    features.put(request('shop'))
    features.remove({ feature: 'shop', fence: 1 })
    fails(new Error('no'))
    await turn()
    expect(features.remove({ feature: 'shop', fence: 1 })).toEqual({ gone: false })
    expect(said.filter(([what]) => what === 'withdraw')).toHaveLength(2)
  })

  it('say why they have fewer workers than they should', () => {
    const { features, replicas } = scene()
    features.put(request('shop'))
    const failure = { code: 'X', detail: 'no such handler', fix: '' }
    replicas.set('worker@shop', [{ role: 'worker@shop', state: 'failed', failure }])
    expect(features.all()).toMatchObject([{ ready: 0, problem: 'no such handler' }])
    replicas.set('worker@shop', [
      { name: 'worker@shop-1', role: 'worker@shop', state: 'crashloop', failure: null },
    ])
    expect(features.all()).toMatchObject([
      { problem: expect.stringContaining('worker@shop-1 keeps crashing') },
    ])
  })

  it('are told of when something has changed for them, and only then', () => {
    const { features, replicas } = scene()
    const told: string[] = []
    const unfollow = features.follow((feature) => told.push(feature))
    features.put(request('shop'))
    features.put(request('other'))
    features.look()
    expect(told).toEqual(['shop', 'other'])
    replicas.get('worker@shop')?.pop()
    features.look()
    features.look()
    expect(told).toEqual(['shop', 'other', 'shop'])
    unfollow()
    replicas.get('worker@shop')?.pop()
    features.look()
    expect(told).toHaveLength(3)
  })

  it('are changed by the latest leader only', () => {
    const { features } = scene()
    features.put(request('shop', {}, 5))
    expect(() => features.put(request('shop', {}, 4))).toThrow(
      expect.objectContaining({ code: 'SERVE_FENCED' }),
    )
    expect(() => features.remove({ feature: 'shop', fence: 4 })).toThrow('5')
    expect(features.put(request('shop', {}, 6))).toMatchObject({ ready: 2 })
  })
})

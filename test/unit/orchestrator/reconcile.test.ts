import { describe, expect, it } from 'vitest'
import type { FeatureActivity } from '../../../src/runtime/chat/index.ts'
import type { FeatureBackend, FoundFeature } from '../../../src/runtime/orchestrator/backend.ts'
import { createReconcile } from '../../../src/runtime/orchestrator/reconcile.ts'
import type { FeatureStore } from '../../../src/runtime/orchestrator/store.ts'
import { silent } from '../../support/redis.ts'

const NOW = 1_000_000
const RESYNC = 30_000
const settings = { min: 2, max: 5, idleTimeout: 300_000 }
const record = { ...settings, feature: 'shop', revision: 'r', created: NOW, deleted: false }

/** When a feature is looked at again that has been used just now, and of which this is there. */
function lookAgain(
  found: Partial<FoundFeature>,
  { idleTimeout = settings.idleTimeout, running = 0 } = {},
): Promise<number | undefined> {
  const there: FoundFeature = { feature: 'shop', settings, replicas: 2, ready: 2, leaving: false, ...found }
  const store: Partial<FeatureStore> = {
    get: async () => ({ ...record, idleTimeout }),
    report: async () => {},
  }
  const backend: Partial<FeatureBackend> = { get: async () => there, apply: async () => there }
  const activity: Partial<FeatureActivity> = {
    last: async () => NOW,
    load: async () => ({ waiting: 0, running }),
  }
  const term = { fence: 1, signal: new AbortController().signal, check: () => {} }
  return createReconcile({
    ...{ store: store as FeatureStore, backend: backend as FeatureBackend },
    ...{ activity: activity as FeatureActivity, term, resync: RESYNC, now: () => NOW },
    ...{ onStep: () => {}, log: silent },
  })('shop')
}

describe('a feature is looked at again', () => {
  it('soon while its workers start, and with all others once they are ready', async () => {
    expect(await lookAgain({ ready: 1 })).toBeLessThan(RESYNC)
    expect(await lookAgain({})).toBe(RESYNC)
  })

  it('with all others while something keeps its workers from starting', async () => {
    expect(await lookAgain({ ready: 0, problem: 'the image cannot be pulled' })).toBe(RESYNC)
  })

  it('after a rest, also where its idle timeout is over and it may not go yet', async () => {
    expect(await lookAgain({}, { idleTimeout: 0, running: 1 })).toBeGreaterThan(1_000)
    expect(await lookAgain({ ready: 0, problem: 'down' }, { idleTimeout: 0 })).toBeGreaterThan(1_000)
  })
})

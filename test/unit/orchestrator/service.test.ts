import { describe, expect, it } from 'vitest'
import type { FeatureActivity } from '../../../src/runtime/chat/index.ts'
import type { FeatureRecord } from '../../../src/runtime/orchestrator/feature.ts'
import { createOrchestratorService } from '../../../src/runtime/orchestrator/service.ts'
import type { FeatureStore } from '../../../src/runtime/orchestrator/store.ts'

const defaults = { min: 1, max: 5, idleTimeout: 300_000 }
const nobodyWaits = AbortSignal.abort()

/** A store for one process, and features that nobody uses. */
function createScene() {
  const records = new Map<string, FeatureRecord>()
  const store = {
    get: async (feature) => records.get(feature),
    async put(feature, wanted) {
      const settings = typeof wanted === 'function' ? wanted(records.get(feature)) : wanted
      const record = { ...settings, feature, revision: String(records.size), created: 0, deleted: false }
      records.set(feature, record)
      return record
    },
    reportOn: async () => undefined,
  } as Partial<FeatureStore> as FeatureStore
  const activity = { watch: async () => {}, last: async () => undefined } as Partial<FeatureActivity>
  return createOrchestratorService({ store, activity: activity as FeatureActivity, defaults })
}

const create = (service: ReturnType<typeof createScene>, data: object) =>
  service.create({ feature_id: 'shop', ...data }, nobodyWaits)

describe('a wish for a feature that is there', () => {
  it('changes what is given, and leaves the rest', async () => {
    const service = createScene()
    await create(service, { min: 2, max: 8, idle_timeout_s: 60 })
    expect(await create(service, {})).toMatchObject({ min: 2, max: 8, idle_timeout_s: 60 })
    expect(await create(service, { idle_timeout_s: 90 })).toMatchObject({
      min: 2,
      max: 8,
      idle_timeout_s: 90,
    })
    expect(await create(service, { max: 6 })).toMatchObject({ min: 2, max: 6, idle_timeout_s: 90 })
  })

  it('goes before what contradicts it', async () => {
    const service = createScene()
    await create(service, { min: 2, max: 4 })
    expect(await create(service, { min: 6 })).toMatchObject({ min: 6, max: 6 })
    expect(await create(service, { max: 3 })).toMatchObject({ min: 3, max: 3 })
  })

  it('is answered at once where nobody waits for that, however far it is', async () => {
    expect(await create(createScene(), { wait_s: 3_600 })).toMatchObject({ state: 'pending' })
  })
})

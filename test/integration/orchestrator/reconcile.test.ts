import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { FeatureBackend } from '../../../src/runtime/orchestrator/backend.ts'
import { stateOf } from '../../../src/runtime/orchestrator/feature.ts'
import { openQueue } from '../../../src/runtime/platform/queue/index.ts'
import type { Stored } from '../../support/kubernetes-store.ts'
import {
  type ClusterScene,
  type LeadScene,
  SETTINGS,
  startClusterScene,
  startLeadScene,
} from '../../support/orchestrator.ts'
import { silent } from '../../support/redis.ts'

let cluster: ClusterScene
let scene: LeadScene
let backend: FeatureBackend
let stop: () => Promise<void>

beforeAll(async () => {
  scene = await startLeadScene()
})
afterAll(() => scene.close())
beforeEach(async () => {
  cluster = await startClusterScene()
  backend = await cluster.backend()
  stop = async () => {}
  await scene.redis.connect('request').flushall()
})
afterEach(async () => {
  await stop()
  await cluster.close()
})

const DEPLOYMENTS = '/apis/apps/v1/namespaces/agents/deployments'
const SERVICES = '/api/v1/namespaces/agents/services'
const SCALERS = '/apis/autoscaling/v2/namespaces/agents/horizontalpodautoscalers'
const deployment = () => cluster.api.store.get(DEPLOYMENTS, 'feature-shop-worker')
const service = () => cluster.api.store.get(SERVICES, 'feature-shop-service')
const scaler = () => cluster.api.store.get(SCALERS, 'feature-shop-hpa')

async function stateOfShop(): Promise<string> {
  const record = await scene.store.get('shop')
  return record === undefined ? 'gone' : stateOf(record, await scene.store.reportOn('shop'))
}
const isReady = () => expect.poll(stateOfShop).toBe('ready')

/** The feature "shop", looked after and as wanted. */
async function shop(settings = SETTINGS, timing = {}): Promise<void> {
  await scene.store.put('shop', settings)
  stop = scene.lead(backend, timing)
  await isReady()
}

/** What another hand does. */
function edit(object: Stored | undefined, change: (object: Stored) => void, collection = DEPLOYMENTS): void {
  const edited = structuredClone(object as Stored)
  change(edited)
  cluster.api.store.replace(collection, edited, 'kubectl-edit')
}

describe('what is wanted comes true', () => {
  it('out of nothing: Deployment, Service and autoscaler, with the labels of the contract', async () => {
    await shop()
    expect(deployment()?.metadata.labels).toMatchObject({ app: 'ai-agent', feature: 'shop' })
    expect(service()?.spec).toMatchObject({ selector: { app: 'ai-agent', feature: 'shop' } })
    expect(scaler()?.spec).toMatchObject({ minReplicas: 1, maxReplicas: 5 })
    expect(await scene.store.reportOn('shop')).toMatchObject({ replicas: 1, ready: 1 })
  })

  it('and is written once: looking again changes nothing', async () => {
    await shop(SETTINGS, { resync: 100 })
    await expect.poll(() => cluster.api.watches).toBe(3)
    const { version } = cluster.api.store
    const before = cluster.api.writes.length
    await expect.poll(() => cluster.api.writes.length).toBeGreaterThan(before + 6)
    expect(cluster.api.store.version).toBe(version)
  })

  it('when it is wished for while it is led, and when the wish changes', async () => {
    stop = scene.lead(backend)
    await scene.store.put('shop', SETTINGS)
    await isReady()
    await scene.store.put('shop', { ...SETTINGS, min: 2, max: 3 })
    await expect.poll(() => scaler()?.spec).toMatchObject({ minReplicas: 2, maxReplicas: 3 })
    await expect.poll(() => scene.store.reportOn('shop')).toMatchObject({ ready: 2 })
  })

  it('when it is deleted, and nothing is left of it', async () => {
    await shop()
    await scene.store.markDeleted('shop')
    await expect.poll(stateOfShop).toBe('gone')
    expect([deployment(), service(), scaler()]).toEqual([undefined, undefined, undefined])
    expect(await scene.store.reportOn('shop')).toBeUndefined()
    expect(await scene.activity.last('shop')).toBeUndefined()
  })
})

describe('drift is repaired as soon as it is seen', () => {
  it.each([
    ['Deployment', DEPLOYMENTS, 'feature-shop-worker'],
    ['Service', SERVICES, 'feature-shop-service'],
    ['autoscaler', SCALERS, 'feature-shop-hpa'],
  ])('the %s that was deleted by hand comes back', async (_, collection, name) => {
    await shop()
    await expect.poll(() => cluster.api.watches).toBe(3)
    const { uid } = cluster.api.store.remove(collection, name).metadata
    await expect.poll(() => cluster.api.store.get(collection, name)?.metadata.uid).toBeDefined()
    expect(cluster.api.store.get(collection, name)?.metadata.uid).not.toBe(uid)
  })

  it('our fields are taken back from whoever has changed them, and those of others stay', async () => {
    await shop()
    await expect.poll(() => cluster.api.watches).toBe(3)
    edit(
      scaler(),
      ({ spec, metadata }) => {
        Object.assign(spec as object, { maxReplicas: 50 })
        Object.assign(metadata.labels as object, { team: 'sales' })
      },
      SCALERS,
    )
    await expect.poll(() => scaler()?.spec?.maxReplicas).toBe(5)
    expect(scaler()?.metadata.labels).toMatchObject({ team: 'sales', feature: 'shop' })
  })

  it('the number of replicas is the autoscaler’s, except 0, which it would leave alone', async () => {
    await shop()
    await expect.poll(() => cluster.api.watches).toBe(3)
    edit(deployment(), ({ spec }) => Object.assign(spec as object, { replicas: 4 }))
    await expect.poll(() => scene.store.reportOn('shop')).toMatchObject({ replicas: 4 })
    expect(deployment()?.spec?.replicas).toBe(4)
    edit(deployment(), ({ spec }) => Object.assign(spec as object, { replicas: 0 }))
    await expect.poll(() => deployment()?.spec?.replicas).toBe(1)
  })

  it('what somebody else has made under the same name is left alone, and said', async () => {
    const foreign = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'feature-shop-worker' },
      spec: { replicas: 7 },
    }
    cluster.api.store.create(DEPLOYMENTS, foreign, 'agents', 'somebody')
    await scene.store.put('shop', SETTINGS)
    stop = scene.lead(backend)
    await expect.poll(stateOfShop).toBe('failing')
    expect(await scene.store.reportOn('shop')).toMatchObject({
      problem: expect.stringContaining('FEATURE_FOREIGN'),
    })
    expect(deployment()?.spec).toEqual({ replicas: 7 })
  })
})

describe('trouble of the API is survived', () => {
  it.each([
    ['a server that fails', 500],
    ['a conflict', 409],
    ['an answer that never comes', 0],
  ])('%s', async (_, status) => {
    cluster.api.fail(
      (method, path) => method === 'PATCH' && path.includes('/services/'),
      status,
      status === 0 ? 1 : 2,
    )
    await shop()
    expect(service()).toBeDefined()
  })

  it('an API that is away for a while: the feature is failing, then ready', async () => {
    cluster.api.fail(() => true, 503)
    await scene.store.put('shop', SETTINGS)
    stop = scene.lead(backend)
    await expect.poll(async () => (await scene.metrics.text()).length).toBeGreaterThan(0)
    cluster.api.heal()
    await isReady()
  })

  it('watches that are cut, and versions that are forgotten: what changed meanwhile is seen', async () => {
    await shop()
    await expect.poll(() => cluster.api.watches).toBe(3)
    cluster.api.cutWatches()
    cluster.api.store.compact()
    cluster.api.store.remove(SERVICES, 'feature-shop-service')
    cluster.api.store.compact()
    await expect.poll(service).toBeDefined()
    await expect.poll(() => cluster.api.watches).toBe(3)
    cluster.api.bookmark()
    cluster.api.store.remove(SERVICES, 'feature-shop-service')
    await expect.poll(service).toBeDefined()
  })

  it('records that were lost: what is there is kept with its settings', async () => {
    await shop({ ...SETTINGS, min: 2, max: 4 })
    await stop()
    await scene.redis.connect('request').flushall()
    stop = scene.lead(backend)
    await isReady()
    expect(await scene.store.get('shop')).toMatchObject({
      min: 2,
      max: 4,
      idleTimeout: 300_000,
      deleted: false,
    })
    expect(deployment()).toBeDefined()
  })
})

describe('what nobody uses goes', () => {
  /** As if so much time had passed. */
  const later = (ms: number) => ({ now: () => Date.now() + ms, resync: 200 })

  it('after its idle timeout', async () => {
    await shop()
    await stop()
    stop = scene.lead(backend, later(299_000 - 60_000))
    await isReady()
    await stop()
    stop = scene.lead(backend, later(301_000))
    await expect.poll(stateOfShop).toBe('gone')
    expect(deployment()).toBeUndefined()
  })

  it('but not while its jobs wait', async () => {
    await shop()
    await stop()
    const redis = scene.redis.connect('request')
    const retry = { attempts: 1, backoff: 1 }
    const queue = openQueue('feature-shop', { redis, prefix: '{chat}', retry, keepSeconds: 60, log: silent })
    await queue.add('a-job', { feature_id: 'shop' })
    stop = scene.lead(backend, later(3_600_000))
    const looks = async () => Number(/result="apply"} (\d+)/.exec(await scene.metrics.text())?.[1] ?? 0)
    const before = await looks()
    await expect.poll(looks).toBeGreaterThan(before + 3)
    expect(await stateOfShop()).toBe('ready')
    await queue.remove('a-job')
    await expect.poll(stateOfShop).toBe('gone')
    await queue.close()
  })
})

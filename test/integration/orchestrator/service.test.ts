import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createOrchestratorService } from '../../../src/runtime/orchestrator/service.ts'
import { createFeatureStore } from '../../../src/runtime/orchestrator/store.ts'
import { type LeadScene, SETTINGS, startLeadScene } from '../../support/orchestrator.ts'

let scene: LeadScene
const { signal } = new AbortController()

beforeAll(async () => {
  scene = await startLeadScene()
})
afterAll(() => scene.close())
beforeEach(async () => {
  await scene.redis.connect('request').flushall()
})

/** The service, at a time that is so much later. */
const service = (later = 0) =>
  createOrchestratorService({ ...scene, defaults: SETTINGS, now: () => Date.now() + later })
const create = (data: object) => service().create({ wait_s: 0, ...data }, signal)

describe('wishes', () => {
  it('are written down with what is usual where nothing is said', async () => {
    expect(await create({ feature_id: 'shop' })).toMatchObject({
      state: 'pending',
      min: 1,
      max: 5,
      idle_timeout_s: 300,
    })
    expect(await create({ feature_id: 'many', min: 8 })).toMatchObject({ min: 8, max: 8 })
    expect(await create({ feature_id: 'one', max: 1, idle_timeout_s: 1.5 })).toMatchObject({
      min: 1,
      idle_timeout_s: 1.5,
    })
  })

  it('change nothing when they are repeated, and count anew when they are different', async () => {
    await create({ feature_id: 'shop' })
    const first = await scene.store.get('shop')
    await create({ feature_id: 'shop', min: 1 })
    expect(await scene.store.get('shop')).toEqual(first)
    await create({ feature_id: 'shop', min: 2 })
    expect((await scene.store.get('shop'))?.revision).not.toBe(first?.revision)
  })

  it.each([
    [{}, 'feature_id'],
    [{ feature_id: 'a:b' }, 'feature_id'],
    [{ feature_id: 'default' }, 'feature_id'],
    [{ feature_id: 'x', min: 0 }, 'min'],
    [{ feature_id: 'x', max: 65 }, 'max'],
    [{ feature_id: 'x', min: 3, max: 2 }, 'min'],
    [{ feature_id: 'x', idle_timeout_s: -1 }, 'idle_timeout_s'],
    ['text', 'data'],
  ])('that are wrong are wrong for ever: %j', async (data, field) => {
    await expect(service().create(data, signal)).rejects.toMatchObject({
      name: 'FatalError',
      message: expect.stringContaining(field),
    })
    expect(await scene.store.all()).toEqual([])
  })

  it('are answered as soon as they have come true', async () => {
    const waiting = service().create({ feature_id: 'shop', wait_s: 60 }, signal)
    await expect.poll(() => scene.store.get('shop')).toBeDefined()
    const { revision } = (await scene.store.get('shop')) ?? { revision: '' }
    await scene.store.report('shop', { revision, replicas: 1, ready: 1, at: Date.now() })
    expect(await waiting).toMatchObject({ state: 'ready', ready: 1 })
    const leaving = service().delete({ feature_id: 'shop', wait_s: 60 }, signal)
    await expect.poll(async () => (await scene.store.get('shop'))?.deleted).toBe(true)
    const record = await scene.store.get('shop')
    if (record) await scene.store.forget(record)
    expect(await leaving).toEqual({ feature_id: 'shop', deleted: true })
  })

  it('are answered when they are not, too: at their time', async () => {
    await create({ feature_id: 'shop' })
    expect(await service().delete({ feature_id: 'shop', wait_s: 0 }, signal)).toEqual({
      feature_id: 'shop',
      deleted: false,
    })
    expect(await service().list({})).toMatchObject({ features: [{ feature_id: 'shop', state: 'deleting' }] })
    expect(await create({ feature_id: 'shop' })).toMatchObject({ state: 'pending' })
  })

  it('to list show all by name, or one', async () => {
    for (const feature_id of ['b', 'a', 'c']) await create({ feature_id })
    const ids = async (data: object) =>
      (await service().list(data)).features.map(({ feature_id }) => feature_id)
    expect(await ids({})).toEqual(['a', 'b', 'c'])
    expect(await ids({ feature_id: 'b' })).toEqual(['b'])
    expect(await ids({ feature_id: 'nobody' })).toEqual([])
  })

  it('to clean up take what has been idle for its own time, or for the given one', async () => {
    await create({ feature_id: 'slow', idle_timeout_s: 600 })
    await create({ feature_id: 'quick', idle_timeout_s: 60 })
    expect(await service().cleanup({})).toMatchObject({ deleted: [], kept: [{}, {}] })
    expect(await service(61_000).cleanup({})).toMatchObject({
      deleted: ['quick'],
      kept: [{ feature_id: 'slow', idle_s: 61 }],
    })
    expect(await service(61_000).cleanup({ feature_id: 'slow', idle_s: 30 })).toMatchObject({
      deleted: ['slow'],
    })
    expect(await service().cleanup({})).toEqual({ deleted: [], kept: [] })
  })
})

describe('records', () => {
  it('of many who wish at once are one wish after the other', async () => {
    const stores = Array.from({ length: 8 }, () => createFeatureStore(scene.redis.connect('request')))
    await Promise.all(stores.map((store, i) => store.put('shop', { ...SETTINGS, max: 10 + i })))
    const record = await scene.store.get('shop')
    expect(record?.max).toBeGreaterThanOrEqual(10)
    await Promise.all([
      scene.store.markDeleted('shop'),
      ...stores.map((store) => store.put('other', SETTINGS)),
    ])
    expect(await scene.store.all()).toHaveLength(2)
  })

  it('are not forgotten when the feature was wished for again meanwhile', async () => {
    await scene.store.put('shop', SETTINGS)
    const deleted = await scene.store.markDeleted('shop')
    const again = await scene.store.put('shop', SETTINGS)
    if (deleted) await scene.store.forget(deleted)
    expect(await scene.store.get('shop')).toEqual(again)
    expect(await scene.store.markDeleted('shop', deleted?.revision)).toBeUndefined()
    expect(await scene.store.markDeleted('nobody')).toBeUndefined()
  })
})

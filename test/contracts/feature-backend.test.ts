import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCloser } from '../../src/runtime/kernel/index.ts'
import type { Authority, FeatureBackend } from '../../src/runtime/orchestrator/backend.ts'
import { createLocalBackend } from '../../src/runtime/orchestrator/backends/local.ts'
import { listenOnSocket } from '../../src/runtime/platform/http/index.ts'
import { addFeatureRoutes } from '../../src/runtime/supervisor/feature-routes.ts'
import { createServedFeatures } from '../../src/runtime/supervisor/features.ts'
import { createSupervisor } from '../../src/runtime/supervisor/supervisor.ts'
import { SETTINGS, startClusterScene } from '../support/orchestrator.ts'
import { silent } from '../support/redis.ts'

interface Subject {
  backend: FeatureBackend
  close(): Promise<void>
}

async function kubernetes(): Promise<Subject> {
  const scene = await startClusterScene()
  return { backend: await scene.backend(), close: () => scene.close() }
}

/** The supervisor and the control socket of a serve, with workers that are ready at once. */
async function local(): Promise<Subject> {
  const closer = createCloser()
  const dir = mkdtempSync(join(tmpdir(), 'agentctl-'))
  closer.add(dir, (folder) => rmSync(folder, { recursive: true, force: true }))
  const supervisor = createSupervisor({ specs: [], log: silent, onChange: () => features.look() })
  closer.add(supervisor, (opened) => opened.stop())
  const scaling = { add: async () => {}, remove: () => {} }
  const features = createServedFeatures({ supervisor, specOf, scaling, log: silent })
  const socket = join(dir, 'control.sock')
  closer.add(await listenOnSocket(socket, (app) => addFeatureRoutes(app, features)), (opened) =>
    opened.close(),
  )
  return { backend: createLocalBackend({ socket, log: silent }), close: () => closer.close() }
}

function specOf({ name }: { name: string }) {
  return {
    ...{ role: name, beats: false, stopTimeout: 1_000 },
    launch: () => async (events: { onReady(facts: object): void }) => {
      const { promise, resolve } = Promise.withResolvers<{ code: number; signal: null }>()
      queueMicrotask(() => events.onReady({}))
      const end = () => resolve({ code: 0, signal: null })
      return { pid: 1, exited: promise, terminate: end, kill: end }
    },
  }
}

describe.each([
  ['kubernetes', kubernetes],
  ['local', local],
])('the backend %s', (name, open) => {
  let subject: Subject
  const leading = new AbortController()
  const authority: Authority = { fence: 5, signal: leading.signal }

  beforeAll(async () => {
    subject = await open()
  })
  afterAll(() => subject.close())

  const apply = (feature: string, settings = SETTINGS) => subject.backend.apply(feature, settings, authority)
  const isReady = (feature: string, count: number) =>
    expect.poll(() => subject.backend.get(feature)).toMatchObject({ replicas: count, ready: count })
  async function remove(feature: string): Promise<void> {
    await expect.poll(() => subject.backend.remove(feature, authority)).toBe(true)
  }

  it('tells its name and that it is there', async () => {
    expect(subject.backend.name).toBe(name)
    await subject.backend.ping()
  })

  it('knows nothing of a feature that it was not given', async () => {
    expect(await subject.backend.get('nobody')).toBeUndefined()
    expect(await subject.backend.list()).toEqual([])
    expect(await subject.backend.remove('nobody', authority)).toBe(true)
  })

  it('runs the least number of workers, remembers the settings, and does not mind a repeat', async () => {
    await apply('shop')
    await isReady('shop', 1)
    const again = await apply('shop')
    expect(again).toMatchObject({
      feature: 'shop',
      settings: SETTINGS,
      replicas: 1,
      ready: 1,
      leaving: false,
    })
    expect(await subject.backend.list()).toEqual(['shop'])
    await remove('shop')
  })

  it('follows other settings', async () => {
    await apply('shop')
    await isReady('shop', 1)
    await apply('shop', { min: 3, max: 4, idleTimeout: 1_000 })
    await isReady('shop', 3)
    expect(await subject.backend.get('shop')).toMatchObject({
      settings: { min: 3, max: 4, idleTimeout: 1_000 },
    })
    await remove('shop')
  })

  it('keeps features apart, however odd their ids are', async () => {
    const ids = [
      'shop',
      'Shop',
      'shop/1',
      'shop 1',
      'läden',
      'a'.repeat(200),
      '-',
      '日本',
      'feature-x.y_z',
      '$(HOME)',
    ]
    for (const id of ids) await apply(id)
    for (const id of ids) await isReady(id, 1)
    expect((await subject.backend.list()).toSorted()).toEqual(ids.toSorted())
    await remove('Shop')
    expect((await subject.backend.list()).toSorted()).toEqual(ids.filter((id) => id !== 'Shop').toSorted())
    for (const id of ids) await remove(id)
    expect(await subject.backend.list()).toEqual([])
  })

  it('removes everything, and a repeat does nothing', async () => {
    await apply('shop')
    await remove('shop')
    await remove('shop')
    expect(await subject.backend.get('shop')).toBeUndefined()
  })

  it('tells of changes, first of all of everything', async () => {
    const ending = new AbortController()
    const told: (string | undefined)[] = []
    const over = subject.backend.watch((feature) => told.push(feature), ending.signal)
    await expect.poll(() => told).toContain(undefined)
    await apply('shop')
    await expect.poll(() => told).toContain('shop')
    ending.abort()
    await over
    await remove('shop')
  })

  it('does nothing for whoever leads no longer', async () => {
    const signal = AbortSignal.abort(new Error('over'))
    await expect(subject.backend.apply('late', SETTINGS, { fence: 5, signal })).rejects.toThrow()
    expect(await subject.backend.list()).toEqual([])
  })
})

describe('the backend local', () => {
  it('refuses one that led before', async () => {
    const { backend, close } = await local()
    const { signal } = new AbortController()
    await backend.apply('shop', SETTINGS, { fence: 7, signal })
    await expect(backend.apply('shop', SETTINGS, { fence: 6, signal })).rejects.toMatchObject({
      code: 'SERVE_FENCED',
    })
    await expect(backend.remove('shop', { fence: 6, signal })).rejects.toMatchObject({ code: 'SERVE_FENCED' })
    await expect.poll(() => backend.remove('shop', { fence: 8, signal })).toBe(true)
    await close()
  })
})

import { pino } from 'pino'
import { describe, expect, it, vi } from 'vitest'
import type { Launch } from '../../../src/runtime/supervisor/replica.ts'
import { createSupervisor } from '../../../src/runtime/supervisor/supervisor.ts'

/** Programs that are ready at once and end when told to. */
function setUp(roles = ['redis', 'gateway', 'worker']) {
  const started: string[] = []
  const ended: string[] = []
  const launch =
    (name: string): Launch =>
    async ({ onReady }) => {
      started.push(name)
      const { promise: exited, resolve } = Promise.withResolvers<{ code: number; signal: null }>()
      queueMicrotask(() => onReady({}))
      return {
        pid: started.length,
        exited,
        terminate() {
          ended.push(name)
          resolve({ code: 0, signal: null })
        },
        kill: () => resolve({ code: 137, signal: null }),
      }
    }
  const supervisor = createSupervisor({
    specs: roles.map((role) => ({ role, launch, stopTimeout: 1_000, beats: false, base: role === 'redis' })),
    log: pino({ level: 'silent' }),
  })
  const names = () => supervisor.snapshot().map(({ name }) => name)
  return { supervisor, started, ended, names }
}

describe('a supervisor', () => {
  it('does not wait for those that leave where others can be there beside them', async () => {
    const finish: (() => void)[] = []
    const launch =
      (): Launch =>
      async ({ onReady }) => {
        const { promise: exited, resolve } = Promise.withResolvers<{ code: number; signal: null }>()
        queueMicrotask(() => onReady({}))
        const end = () => resolve({ code: 0, signal: null })
        return { pid: 1, exited, terminate: () => finish.push(end), kill: end }
      }
    const specs = [{ role: 'worker', launch, stopTimeout: 60_000, beats: false, overlaps: () => true }]
    const supervisor = createSupervisor({ specs, log: pino({ level: 'silent' }) })
    await supervisor.scale('worker', 2)
    const down = supervisor.scale('worker', 1)
    await vi.waitFor(() => expect(finish).toHaveLength(1))
    await supervisor.scale('worker', 3)
    expect(supervisor.snapshot().map(({ state }) => state)).toEqual(['ready', 'ready', 'ready'])
    const stopped = supervisor.stop()
    await vi.waitFor(() => expect(finish).toHaveLength(4))
    for (const end of finish) end()
    await Promise.all([down, stopped])
  })

  it('waits for replicas that are leaving, when it stops and before it starts their successors', async () => {
    const running = new Set<string>()
    const finish: (() => void)[] = []
    const launch =
      (name: string): Launch =>
      async ({ onReady }) => {
        expect(running).not.toContain(name)
        running.add(name)
        const { promise: exited, resolve } = Promise.withResolvers<{ code: number; signal: null }>()
        queueMicrotask(() => onReady({}))
        const end = () => {
          running.delete(name)
          resolve({ code: 0, signal: null })
        }
        return { pid: 1, exited, terminate: () => finish.push(end), kill: end }
      }
    const specs = [{ role: 'gateway', launch, stopTimeout: 60_000, beats: false }]
    const supervisor = createSupervisor({ specs, log: pino({ level: 'silent' }) })
    await supervisor.scale('gateway', 1)
    const down = supervisor.scale('gateway', 0)
    await vi.waitFor(() => expect(finish.length).toBeGreaterThan(0))
    const up = supervisor.scale('gateway', 1)
    for (const end of finish.splice(0)) end()
    await Promise.all([down, up])
    expect([...running]).toEqual(['gateway-1'])
    const third = supervisor.scale('gateway', 0)
    await vi.waitFor(() => expect(finish.length).toBeGreaterThan(0))
    // The last number counts, not the last that could be acted upon.
    const overtaken = supervisor.scale('gateway', 3)
    const last = supervisor.scale('gateway', 0)
    for (const end of finish.splice(0)) end()
    await Promise.all([third, overtaken, last])
    expect(supervisor.snapshot()).toEqual([])
    await supervisor.scale('gateway', 1)
    const leaving = supervisor.scale('gateway', 0)
    const stopped = supervisor.stop()
    await vi.waitFor(() => expect(finish.length).toBeGreaterThan(0))
    for (const end of finish.splice(0)) end()
    await Promise.all([leaving, stopped])
    expect(running.size).toBe(0)
  })

  it('starts as many replicas as asked, and says when they are ready', async () => {
    const { supervisor, names } = setUp()
    await supervisor.scale('worker', 3)
    expect(names()).toEqual(['worker-1', 'worker-2', 'worker-3'])
    expect(supervisor.snapshot().every(({ state }) => state === 'ready')).toBe(true)
    await supervisor.stop()
  })

  it('stops the newest when there are too many', async () => {
    const { supervisor, ended, names } = setUp()
    await supervisor.scale('worker', 3)
    await supervisor.scale('worker', 1)
    expect(names()).toEqual(['worker-1'])
    expect(ended.toSorted()).toEqual(['worker-2', 'worker-3'])
    await supervisor.scale('worker', 0)
    expect(names()).toEqual([])
  })

  it('fails to scale when a replica cannot start', async () => {
    const failure = { code: 'X', detail: 'no', fix: '' }
    const supervisor = createSupervisor({
      specs: [
        {
          role: 'worker',
          stopTimeout: 1_000,
          beats: false,
          launch: () => async (events) => {
            events.onFatal(failure)
            return { pid: 1, exited: Promise.resolve({ code: 2, signal: null }), terminate() {}, kill() {} }
          },
        },
      ],
      log: pino({ level: 'silent' }),
    })
    await expect(supervisor.scale('worker', 1)).rejects.toMatchObject({ code: 'ROLE_FAILED' })
    expect(supervisor.snapshot()[0]).toMatchObject({ state: 'failed', failure })
    await supervisor.stop()
  })

  it.each([
    ['worker-2', ['worker-2']],
    ['worker/2', ['worker-2']],
    ['worker', ['worker-1', 'worker-2']],
    ['all', ['gateway-1', 'worker-1', 'worker-2']],
  ])('restarts what %s names', async (target, replicas) => {
    const { supervisor, ended, started } = setUp()
    await supervisor.scale('redis', 1)
    await supervisor.scale('gateway', 1)
    await supervisor.scale('worker', 2)
    started.length = 0
    expect(supervisor.restart(target)).toEqual(replicas)
    await vi.waitFor(() => expect(started.toSorted()).toEqual(replicas))
    expect(ended.toSorted()).toEqual(replicas)
    await supervisor.stop()
  })

  it.each(['nobody', 'worker-9', ''])('knows no replica called %j', async (target) => {
    const { supervisor } = setUp()
    await supervisor.scale('worker', 1)
    expect(() => supervisor.restart(target)).toThrow(
      expect.objectContaining({ code: 'SERVE_TARGET_UNKNOWN' }),
    )
    await supervisor.stop()
  })

  it('knows no role that was not given to it', async () => {
    const { supervisor } = setUp()
    await expect(supervisor.scale('balancer', 1)).rejects.toMatchObject({ code: 'SERVE_TARGET_UNKNOWN' })
  })

  it('stops what others need last', async () => {
    const { supervisor, ended } = setUp()
    for (const role of ['redis', 'gateway', 'worker']) await supervisor.scale(role, 1)
    await supervisor.stop()
    expect(ended.at(-1)).toBe('redis-1')
    expect(ended).toHaveLength(3)
  })

  it('starts nothing once it stops', async () => {
    const { supervisor, started } = setUp()
    await supervisor.stop()
    await supervisor.scale('worker', 2)
    expect(started).toEqual([])
  })
})

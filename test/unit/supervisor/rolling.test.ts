import { pino } from 'pino'
import { describe, expect, it, vi } from 'vitest'
import type { Launch } from '../../../src/runtime/supervisor/replica.ts'
import { restartRolling } from '../../../src/runtime/supervisor/rolling.ts'
import { createSupervisor } from '../../../src/runtime/supervisor/supervisor.ts'

/** Programs that note what becomes of them; each is ready when the test says so, and at once otherwise. */
function setUp({
  ready = (_run: string) => Promise.resolve(),
  fails = (_run: string): boolean => false,
} = {}) {
  const told: string[] = []
  const runs = new Map<string, number>()
  const ends = new Map<string, () => void>()
  const launch =
    (name: string): Launch =>
    async ({ onReady, onFatal }) => {
      const number = (runs.get(name) ?? 0) + 1
      runs.set(name, number)
      const run = `${name}#${number}`
      const { promise: exited, resolve } = Promise.withResolvers<{ code: number; signal: null }>()
      const end = () => resolve({ code: 0, signal: null })
      ends.set(run, end)
      told.push(`start ${run}`)
      if (fails(run)) {
        onFatal({ code: 'X', detail: 'no', fix: '' })
        end()
      } else
        void ready(run).then(() => {
          told.push(`ready ${run}`)
          onReady({})
        })
      const leave = (how: string) => () => {
        told.push(`${how} ${run}`)
        end()
      }
      return { pid: number, exited, terminate: leave('stop'), succeed: leave('succeed'), kill: end }
    }
  const common = { launch, stopTimeout: 60_000, beats: false }
  const supervisor = createSupervisor({
    specs: [
      { ...common, role: 'redis', base: true },
      { ...common, role: 'gateway', overlaps: () => true },
      { ...common, role: 'proxy', overlaps: () => false },
    ],
    log: pino({ level: 'silent' }),
  })
  return { supervisor, told, ends }
}

describe('a rolling restart', () => {
  it('starts a successor, and lets the other one go once it is ready: one after another', async () => {
    const { supervisor, told } = setUp()
    await supervisor.scale('gateway', 2)
    told.length = 0
    expect(await restartRolling(supervisor, 'gateway')).toEqual({
      restarted: ['gateway-1', 'gateway-2'],
      in_place: [],
      left_alone: [],
    })
    expect(told).toEqual(
      ['gateway-1#2', 'gateway-2#2'].flatMap((run) => [
        `start ${run}`,
        `ready ${run}`,
        `succeed ${run.replace('#2', '#1')}`,
      ]),
    )
    expect(supervisor.snapshot().map(({ name, restarts, state }) => [name, restarts, state])).toEqual([
      ['gateway-1', 1, 'ready'],
      ['gateway-2', 1, 'ready'],
    ])
    await supervisor.stop()
  })

  it('stops first what cannot run twice, and spares what others need unless it is named', async () => {
    const { supervisor, told } = setUp()
    for (const role of ['redis', 'proxy']) await supervisor.scale(role, 1)
    told.length = 0
    expect(await restartRolling(supervisor, 'all')).toEqual({
      restarted: [],
      in_place: ['proxy-1'],
      left_alone: ['redis-1'],
    })
    expect(told).toEqual(['stop proxy-1#1', 'start proxy-1#2', 'ready proxy-1#2'])
    expect(await restartRolling(supervisor, 'redis')).toMatchObject({ in_place: ['redis-1'] })
    await supervisor.stop()
  })

  it('ends at the first successor that cannot start: the one before it goes on', async () => {
    const { supervisor, told } = setUp({ fails: (run) => run === 'gateway-1#2' })
    await supervisor.scale('gateway', 2)
    told.length = 0
    await expect(restartRolling(supervisor, 'gateway')).rejects.toMatchObject({ code: 'RESTART_FAILED' })
    expect(told).toEqual(['start gateway-1#2'])
    expect(supervisor.snapshot().map(({ state }) => state)).toEqual(['ready', 'ready'])
    await supervisor.stop()
  })

  it('lets a successor go that is no longer wanted when it is ready', async () => {
    const gate = Promise.withResolvers<void>()
    const { supervisor, told } = setUp({
      ready: (run) => (run === 'gateway-1#2' ? gate.promise : Promise.resolve()),
    })
    await supervisor.scale('gateway', 1)
    const rolling = restartRolling(supervisor, 'gateway')
    await vi.waitFor(() => expect(told).toContain('start gateway-1#2'))
    await supervisor.scale('gateway', 0)
    gate.resolve()
    expect(await rolling).toMatchObject({ left_alone: ['gateway-1'] })
    expect(told).toContain('stop gateway-1#2')
    expect(supervisor.snapshot()).toEqual([])
    await supervisor.stop()
  })

  it('renews one of a role at a time, and once for all who ask before it begins', async () => {
    const gate = Promise.withResolvers<void>()
    const { supervisor, told } = setUp({
      ready: (run) => (run === 'gateway-1#2' ? gate.promise : Promise.resolve()),
    })
    await supervisor.scale('gateway', 1)
    const first = restartRolling(supervisor, 'gateway')
    await vi.waitFor(() => expect(told).toContain('start gateway-1#2'))
    const others = Array.from({ length: 9 }, () => restartRolling(supervisor, 'gateway'))
    gate.resolve()
    await Promise.all([first, ...others])
    expect(told.slice(2)).toEqual([
      ...['start gateway-1#2', 'ready gateway-1#2', 'succeed gateway-1#1'],
      ...['start gateway-1#3', 'ready gateway-1#3', 'succeed gateway-1#2'],
    ])
    await supervisor.stop()
  })

  it('is given up when everything stops: no successor is left behind', async () => {
    const { supervisor, told } = setUp({
      ready: (run) => (run === 'gateway-1#2' ? new Promise(() => {}) : Promise.resolve()),
    })
    await supervisor.scale('gateway', 1)
    const rolling = restartRolling(supervisor, 'gateway').catch((error: unknown) => error)
    await vi.waitFor(() => expect(told).toContain('start gateway-1#2'))
    await supervisor.stop()
    expect(await rolling).toMatchObject({ code: 'RESTART_FAILED' })
    expect(told.filter((one) => one.startsWith('stop')).toSorted()).toEqual([
      'stop gateway-1#1',
      'stop gateway-1#2',
    ])
  })

  it('starts nothing anew in place once everything stops', async () => {
    const { supervisor, told } = setUp()
    await supervisor.scale('proxy', 1)
    const rolling = restartRolling(supervisor, 'proxy')
    await supervisor.stop()
    expect(await rolling).toMatchObject({ left_alone: ['proxy-1'] })
    expect(told.filter((one) => one.startsWith('start'))).toEqual(['start proxy-1#1'])
  })

  it('knows no replica that is not there', async () => {
    const { supervisor } = setUp()
    await expect(restartRolling(supervisor, 'gateway')).rejects.toMatchObject({
      code: 'SERVE_TARGET_UNKNOWN',
    })
    expect(await supervisor.renew('gateway-1')).toBe('left_alone')
  })
})

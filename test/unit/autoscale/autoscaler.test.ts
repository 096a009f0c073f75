import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { type Autoscaler, createAutoscaler } from '../../../src/runtime/autoscale/autoscaler.ts'
import type { Sample } from '../../../src/runtime/autoscale/decide.ts'
import type { Workload } from '../../../src/runtime/autoscale/workloads.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const WORKLOAD: Workload = { kind: 'group', group: 'g', streams: ['s'], slots: 10 }

/** What waits, what has been asked of the crew, and what of that is not over. */
function createScene(cooldown = 10_000) {
  const clock = createFakeClock()
  const asked: [role: string, replicas: number][] = []
  const decisions: string[] = []
  const lines: string[] = []
  const state = { wanted: 1, crashing: false, sample: work(0, 0), opened: 0, closed: 0 }
  let open: { resolve(): void; reject(error: Error): void }[] = []
  const autoscaler = createAutoscaler({
    crew: {
      fleet: () => ({ wanted: state.wanted, ready: state.wanted, crashing: state.crashing }),
      scale(role, replicas) {
        asked.push([role, replicas])
        state.wanted = replicas
        const { promise, ...ends } = Promise.withResolvers<void>()
        open.push(ends)
        return promise
      },
    },
    workloadOf: (role) => (role === 'worker' ? WORKLOAD : undefined),
    async openSampler() {
      state.opened++
      return {
        look: async () => state.sample,
        async close() {
          state.closed++
        },
      }
    },
    ...{ wait: 2_000, cooldown, clock, now: () => Date.UTC(2026, 0, 1) + clock.now() },
    log: pino({ level: 'info' }, { write: (line) => lines.push(line) }),
    onDecision: (role, direction) => decisions.push(`${role} ${direction}`),
  })
  scenes.push(autoscaler)
  return {
    ...{ autoscaler, clock, asked, decisions, lines, state },
    /** All that was begun is over. */
    async settle(how: 'resolve' | 'reject' = 'resolve') {
      for (const ends of open) how === 'resolve' ? ends.resolve() : ends.reject(new Error('worker-2 crashed'))
      open = []
      await clock.advance(0)
    },
  }
}

const scenes: Autoscaler[] = []
afterEach(async () => {
  for (const autoscaler of scenes.splice(0)) await autoscaler.close()
})

function work(waiting: number, active: number): Sample {
  return { lanes: [{ name: 's', waiting, active, oldest_ms: waiting === 0 ? null : 5_000 }] }
}

describe('an autoscaler', () => {
  it('looks at nothing, and opens nothing, until there is a role to scale', async () => {
    const { autoscaler, clock, state } = createScene()
    await clock.advance(60_000)
    expect([clock.pending, state.opened, autoscaler.status()]).toEqual([0, 0, []])
  })

  it('has the crew do what it decides, and tells what it did, when and why', async () => {
    const { autoscaler, clock, asked, decisions, lines, state } = createScene()
    autoscaler.set('worker', { min: 1, max: 4 })
    await clock.advance(1_000)
    state.sample = work(25, 10)
    await clock.advance(1_000)
    expect(asked).toEqual([['worker', 4]])
    expect(decisions).toEqual(['worker hold', 'worker up'])
    const reason = '25 wait in s, 10 under way: 4 replicas at 10 each'
    expect(autoscaler.status()).toEqual([
      {
        ...{ role: 'worker', min: 1, max: 4, active: true, replicas: 4, reason },
        looked_at: '2026-01-01T00:00:02.000Z',
        last: { at: '2026-01-01T00:00:02.000Z', from: 1, to: 4, reason },
      },
    ])
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ role: 'worker', from: 1, to: 4, reason }])
  })

  it('adds no more while those that it added still start, and takes none away', async () => {
    const { autoscaler, clock, asked, state, settle } = createScene()
    autoscaler.set('worker', { min: 1, max: 8 })
    state.sample = work(20, 10)
    await clock.advance(1_000)
    state.sample = work(70, 10)
    await clock.advance(20_000)
    state.sample = work(0, 0)
    await clock.advance(20_000)
    expect(asked).toEqual([['worker', 3]])
    await settle()
    await clock.advance(1_000)
    expect(asked.at(-1)).toEqual(['worker', 2])
  })

  it('adds others while some still finish their work, and takes no more away', async () => {
    const { autoscaler, clock, asked, state } = createScene()
    state.wanted = 8
    autoscaler.set('worker', { min: 1, max: 8 })
    await clock.advance(11_000)
    expect(asked).toEqual([['worker', 4]])
    await clock.advance(60_000)
    expect(asked).toHaveLength(1)
    state.sample = work(20, 40)
    await clock.advance(1_000)
    expect(asked.at(-1)).toEqual(['worker', 6])
  })

  it('goes on after trouble with a replica, which it tells', async () => {
    const { autoscaler, clock, asked, state, settle, lines } = createScene()
    autoscaler.set('worker', { min: 1, max: 8 })
    state.sample = work(10, 10)
    await clock.advance(1_000)
    state.crashing = true
    await settle('reject')
    expect(lines.at(-1)).toContain('worker-2 crashed')
    state.sample = work(60, 10)
    await clock.advance(5_000)
    expect(asked).toHaveLength(1)
    expect(autoscaler.status()[0]?.reason).toMatch(/keeps crashing/)
    state.crashing = false
    await clock.advance(1_000)
    expect(asked.at(-1)).toEqual(['worker', 7])
  })

  it('leaves a role alone that was scaled by hand, until it is given bounds again', async () => {
    const { autoscaler, clock, asked, state } = createScene()
    autoscaler.set('worker', { min: 1, max: 8 })
    autoscaler.release('worker')
    state.wanted = 2
    state.sample = work(500, 20)
    await clock.advance(60_000)
    expect(asked).toEqual([])
    expect(autoscaler.status()).toMatchObject([{ active: false, replicas: 2, reason: 'scaled by hand' }])
    autoscaler.set('worker', { min: 1, max: 3 })
    await clock.advance(1_000)
    expect(asked).toEqual([['worker', 3]])
    expect(autoscaler.status()).toMatchObject([{ active: true, min: 1, max: 3 }])
  })

  it('does not act on a look that a number by hand has overtaken', async () => {
    const { autoscaler, clock, asked, state } = createScene()
    autoscaler.set('worker', { min: 1, max: 8 })
    state.sample = work(500, 10)
    const looking = autoscaler.look()
    autoscaler.release('worker')
    await looking
    await clock.advance(0)
    expect(asked).toEqual([])
  })

  it('refuses a role of which nothing tells how much it has to do', () => {
    const { autoscaler } = createScene()
    expect(() => autoscaler.set('gateway', { min: 1, max: 2 })).toThrow(/nothing tells how many "gateway"/)
    expect(() => autoscaler.set('worker', { min: 2, max: 1 })).toThrow(/lower bound/)
  })

  it('forgets a role that is no longer run, whatever it was about to do', async () => {
    const { autoscaler, clock, asked, state } = createScene()
    autoscaler.set('worker', { min: 1, max: 8 })
    state.sample = work(500, 10)
    const looking = autoscaler.look()
    autoscaler.forget('worker')
    await looking
    await clock.advance(60_000)
    expect([asked, autoscaler.status()]).toEqual([[], []])
  })

  it('does nothing any more once it is closed', async () => {
    const { autoscaler, clock, asked, state } = createScene()
    autoscaler.set('worker', { min: 1, max: 8 })
    await clock.advance(1_000)
    await autoscaler.close()
    state.sample = work(500, 10)
    await clock.advance(60_000)
    expect([asked, clock.pending, state.closed]).toEqual([[], 0, 1])
  })
})

import { describe, expect, it } from 'vitest'
import { beginning, decide, type Policy } from '../../../src/runtime/autoscale/decide.ts'
import { createDraw } from './draw.ts'

const TICK = 1_000

interface World {
  /** Milliseconds that one job takes. */
  takes: number
  /** Milliseconds until a new replica works. */
  starts: number
  /** Jobs that come at this time. */
  comes(now: number): number
}

/** A queue with replicas, second by second: how many there are, and how much there is to do. */
function simulate(policy: Policy, { takes, starts, comes }: World, ticks: number) {
  let memory = beginning(0)
  const waiting: number[] = []
  let active: number[] = []
  let readyAt = Array.from({ length: policy.min }, () => 0)
  const past: { replicas: number; work: number }[] = []
  for (let now = TICK; now <= ticks * TICK; now += TICK) {
    active = active.filter((end) => end > now)
    waiting.push(...Array.from({ length: comes(now) }, () => now))
    const free = readyAt.filter((at) => at <= now).length * policy.slots - active.length
    const taken = waiting.splice(0, Math.max(0, free))
    active.push(...taken.map(() => now + takes))
    const ready = readyAt.filter((at) => at <= now).length
    const changing = ready < readyAt.length ? ('up' as const) : undefined
    const oldest = waiting[0] === undefined ? null : now - waiting[0]
    const lanes = [{ name: 'jobs', waiting: waiting.length, active: active.length, oldest_ms: oldest }]
    const fleet = { wanted: readyAt.length, ready, crashing: false, changing }
    const decision = decide(policy, memory, { lanes }, fleet, now)
    memory = decision.memory
    while (readyAt.length < decision.replicas) readyAt.push(now + starts)
    readyAt = readyAt.slice(0, decision.replicas)
    past.push({ replicas: decision.replicas, work: waiting.length + active.length })
  }
  return past
}

const policy: Policy = { min: 1, max: 8, slots: 10, wait: 2_000, cooldown: 30_000 }

function changesOf(past: readonly { replicas: number }[]): number[] {
  return past.map(({ replicas }) => replicas).filter((replicas, i, all) => i > 0 && replicas !== all[i - 1])
}

describe('a burst', () => {
  const past = simulate(
    policy,
    { takes: 5_000, starts: 2_000, comes: (now) => (now === 10_000 ? 200 : 0) },
    300,
  )

  it('is met by all that are needed with the next look', () => {
    expect(past[10]?.replicas).toBe(8)
  })

  it('is done as fast as that many can do it', () => {
    // 200 jobs of 5 s in 80 slots, after a start of 2 s; one replica alone would take 100 s.
    expect(past.findIndex(({ work }, i) => i > 10 && work === 0) - 10).toBeLessThanOrEqual(20)
  })

  it('leaves as many replicas as there were before, after a few cooldowns', () => {
    const changes = changesOf(past)
    expect(changes[0]).toBe(8)
    expect(changes).toEqual(changes.toSorted((a, b) => b - a))
    expect(changes.at(-1)).toBe(1)
    expect(changes.length).toBeLessThanOrEqual(5)
  })
})

describe('a constant load', () => {
  it('finds its number of replicas and keeps it', () => {
    const draw = createDraw(7)
    for (let i = 0; i < 300; i++) {
      const world = { takes: draw.whole(200, 8_000), starts: draw.whole(0, 4_000), slots: draw.whole(1, 20) }
      const perTick = draw.whole(0, 30)
      const past = simulate({ ...policy, slots: world.slots }, { ...world, comes: () => perTick }, 400)
      // Whatever happened before it was found, nothing changes any more.
      expect({ ...world, perTick, changes: changesOf(past.slice(250)) }).toMatchObject({ changes: [] })
    }
  })
})

describe('a load that comes in waves shorter than the cooldown', () => {
  it('keeps what its waves need', () => {
    const comes = (now: number) => (now % 20_000 < 5_000 ? 10 : 0)
    const past = simulate(policy, { takes: 3_000, starts: 1_000, comes }, 300)
    expect(changesOf(past.slice(60))).toEqual([])
  })
})

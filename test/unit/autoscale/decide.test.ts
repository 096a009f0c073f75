import { describe, expect, it } from 'vitest'
import { beginning, decide, type Memory, type Policy } from '../../../src/runtime/autoscale/decide.ts'
import type { Fleet, Lane } from '../../../src/runtime/autoscale/demand.ts'
import { createDraw } from './draw.ts'

const policy: Policy = { min: 1, max: 8, slots: 10, wait: 2_000, cooldown: 60_000 }

const lane = (waiting: number, active: number, oldest: number | null = null): Lane => ({
  name: 'chat',
  waiting,
  active,
  oldest_ms: oldest,
})
const ready = (wanted: number, more: Partial<Fleet> = {}): Fleet => ({
  wanted,
  ready: wanted,
  crashing: false,
  ...more,
})
/** Long enough ago for anything to go. */
const old: Memory = beginning(0)
const LATE = 1_000_000

const decideOn = (lanes: Lane[], fleet: Fleet, memory = old, now = LATE) =>
  decide(policy, memory, { lanes }, fleet, now)

describe('more', () => {
  it('come at once, as many as the work is for', () => {
    const { replicas, reason, memory } = decideOn([lane(32, 10)], ready(1))
    expect(replicas).toBe(5)
    expect(reason).toBe('32 wait in chat, 10 under way: 5 replicas at 10 each')
    expect(memory.changedAt).toBe(LATE)
  })

  it('come up to the most that are allowed', () => {
    expect(decideOn([lane(5_000, 10)], ready(1)).replicas).toBe(8)
  })

  it('come for the lane that needs most', () => {
    const lanes = [lane(0, 10), { ...lane(25, 10), name: 'documents' }, lane(3, 10)]
    expect(decideOn(lanes, ready(1))).toMatchObject({
      replicas: 4,
      reason: '25 wait in documents, 10 under way: 4 replicas at 10 each',
    })
  })

  it('do not come for a little more than what all can do, until it has waited too long', () => {
    expect(decideOn([lane(2, 20, 1_999)], ready(2)).replicas).toBe(2)
    expect(decideOn([lane(2, 20, 2_000)], ready(2))).toMatchObject({
      replicas: 3,
      reason: '2 wait in chat, 20 under way: the oldest has waited 2 s, all are busy',
    })
  })

  it('do not come for what waits although a slot is free, or while one still starts', () => {
    expect(decideOn([lane(1, 5, 60_000)], ready(1)).replicas).toBe(1)
    expect(decideOn([lane(1, 10, 60_000)], ready(2, { ready: 1 })).replicas).toBe(2)
  })

  it('do not come for what is gone before they would be there', () => {
    const seen = { at: LATE - 1_000, lanes: [lane(100, 10)] }
    expect(decideOn([lane(40, 10)], ready(1), { ...old, seen })).toMatchObject({
      replicas: 1,
      reason: '40 wait in chat, 10 under way: those that wait are gone in 0.7 s',
    })
    expect(decideOn([lane(90, 10)], ready(1), { ...old, seen }).replicas).toBe(8)
  })

  it('do not come while one keeps crashing, nor before those that were added are there', () => {
    const crashing = decideOn([lane(50, 10)], ready(2, { ready: 1, crashing: true }))
    expect(crashing.replicas).toBe(2)
    expect(crashing.reason).toMatch(/keeps crashing/)
    expect(decideOn([lane(50, 10)], ready(2, { changing: 'up' })).reason).toMatch(/still starting/)
  })

  it('come although others still finish their work', () => {
    expect(decideOn([lane(50, 10)], ready(2, { changing: 'down' })).replicas).toBe(6)
  })
})

describe('fewer', () => {
  it('are there only after they would have been enough for a whole cooldown', () => {
    const busy = decideOn([lane(0, 35)], ready(4), old, LATE).memory
    const idle = (ago: number) => decideOn([lane(0, 2)], ready(4), busy, LATE + ago)
    expect(idle(60_000).replicas).toBe(4)
    expect(idle(60_001)).toMatchObject({ replicas: 2, reason: 'no more than 1 were needed for 60 s' })
  })

  it('are there no sooner than a cooldown after the last change, and half of them at most', () => {
    const first = decideOn([lane(0, 0)], ready(8))
    expect(first.replicas).toBe(4)
    const soon = decideOn([lane(0, 0)], ready(4), first.memory, LATE + 59_999)
    expect(soon).toMatchObject({ replicas: 4, reason: '1 would do; some may go in 0 s' })
    expect(decideOn([lane(0, 0)], ready(4), first.memory, LATE + 60_000).replicas).toBe(2)
  })

  it('keep some room for what comes', () => {
    expect(decideOn([lane(0, 20)], ready(3)).replicas).toBe(3)
    expect(decideOn([lane(0, 18)], ready(3)).replicas).toBe(2)
  })

  it('wait for those that still finish their work', () => {
    expect(decideOn([lane(0, 0)], ready(4, { changing: 'down' })).replicas).toBe(4)
    expect(decideOn([lane(0, 0)], ready(4, { changing: 'up' })).replicas).toBe(4)
  })
})

describe('what is not known', () => {
  it('changes nothing, and begins the cooldown anew', () => {
    const sample = { unknown: 'Redis is away' }
    const away = decide(policy, old, sample, ready(4), LATE)
    expect(away).toMatchObject({ replicas: 4, reason: 'not known: Redis is away' })
    expect(decideOn([lane(0, 0)], ready(4), away.memory, LATE + 60_000).replicas).toBe(4)
    expect(decideOn([lane(0, 0)], ready(4), away.memory, LATE + 60_001).replicas).toBe(2)
  })

  it('is no reason to be outside the bounds', () => {
    expect(decide(policy, old, { unknown: 'x' }, ready(12), LATE).replicas).toBe(8)
    expect(decideOn([lane(0, 0)], ready(0)).replicas).toBe(1)
  })
})

const draw = createDraw(20)

function drawSituation() {
  const wanted = draw.whole(1, 8)
  const waiting = draw.whole(0, 500)
  return {
    waiting,
    active: draw.whole(0, 500),
    oldest: waiting === 0 ? null : draw.whole(0, 10_000),
    slots: draw.whole(1, 100),
    seen: draw.one([null, { at: LATE - 1_000, lanes: [lane(draw.whole(0, 500), 0)] }]),
    fleet: ready(wanted, {
      ready: draw.whole(0, wanted),
      crashing: draw.one([false, false, true]),
      changing: draw.one(['up', 'down', undefined]),
    }),
  }
}

/** Drawn at random, the same each time. */
const situations = Array.from({ length: 5_000 }, drawSituation)

describe('whatever there is to do', () => {
  it('stays within the bounds, and more work never means fewer replicas', () => {
    for (const { waiting, active, oldest, slots, seen, fleet } of situations) {
      const of = (jobs: number) => {
        const lanes = [lane(jobs, active, oldest)]
        return decide({ ...policy, slots }, { ...old, seen }, { lanes }, fleet, LATE).replicas
      }
      const [less, more] = [of(waiting), of(waiting + draw.whole(0, 300))]
      expect(less).toBeGreaterThanOrEqual(1)
      expect(more).toBeLessThanOrEqual(8)
      expect(more).toBeGreaterThanOrEqual(less)
    }
  })

  it('never leaves fewer than what is under way fills', () => {
    for (const { waiting, active, slots, fleet } of situations) {
      const lanes = [lane(waiting, active)]
      const { replicas } = decide({ ...policy, slots }, old, { lanes }, fleet, LATE)
      expect(replicas).toBeGreaterThanOrEqual(Math.min(fleet.wanted, Math.ceil(active / slots)))
    }
  })
})

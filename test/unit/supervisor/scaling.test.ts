import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { createScaling, planWithin } from '../../../src/runtime/supervisor/scaling.ts'

describe('a plan within bounds', () => {
  const plan = new Map([
    ['gateway', 1],
    ['worker', 2],
    ['rag', 9],
  ])

  it('has as many replicas as these allow', () => {
    const ranges = new Map([
      ['worker', { min: 3, max: 8 }],
      ['rag', { min: 1, max: 4 }],
    ])
    expect([...planWithin(plan, ranges)]).toEqual([
      ['gateway', 1],
      ['worker', 3],
      ['rag', 4],
    ])
    expect(planWithin(plan)).toEqual(plan)
  })

  it('has to name the role', () => {
    expect(() => planWithin(plan, new Map([['eval', { min: 2, max: 3 }]]))).toThrow(
      expect.objectContaining({ code: 'SERVE_ROLES_INVALID', fix: expect.stringContaining('eval=2') }),
    )
  })
})

describe('what is run besides the plan', () => {
  it('is scaled by itself once it is added, until it is removed; a repeat does not undo what was done by hand', async () => {
    const work = {
      feature: 'default',
      concurrency: 10,
      group: 'g',
      stageConcurrency: 1,
      evalConcurrency: 1,
      batch: 1,
    }
    const scaling = createScaling({
      supervisor: { scale: async () => {}, snapshot: () => [] },
      plan: new Map([['worker', 1]]),
      parts: [],
      redisUrl: 'redis://127.0.0.1:1',
      autoscale: { ranges: new Map(), work, wait: 1_000, cooldown: 1_000 },
      log: pino({ level: 'silent' }),
    })
    const part = { name: 'worker@vip', role: 'worker', args: ['--feature=vip'] }
    const active = () => scaling.status().map(({ role, min, max, active }) => [role, min, max, active])
    await scaling.add(part, { min: 1, max: 5 })
    expect(active()).toEqual([['worker@vip', 1, 5, true]])
    await scaling.byHand('worker@vip', 2)
    await scaling.add(part, { min: 1, max: 5 })
    expect(active()).toEqual([['worker@vip', 1, 5, false]])
    await scaling.add(part, { min: 1, max: 4 })
    expect(active()).toEqual([['worker@vip', 1, 4, true]])
    scaling.remove('worker@vip')
    expect(active()).toEqual([])
    await expect(scaling.between('worker@vip', { min: 1, max: 2 })).rejects.toThrow('is not run')
    await scaling.close()
  })
})

describe('a serve that nobody told how to scale', () => {
  it('scales by hand, and says that it can do no more', async () => {
    const asked: unknown[] = []
    const scaling = createScaling({
      supervisor: { scale: async (...words) => void asked.push(words), snapshot: () => [] },
      plan: new Map([['worker', 1]]),
      parts: [],
      redisUrl: 'redis://127.0.0.1:1',
      log: pino({ level: 'silent' }),
    })
    await scaling.begin()
    await scaling.byHand('worker', 3)
    expect(asked).toEqual([['worker', 3]])
    await expect(scaling.between('worker', { min: 1, max: 2 })).rejects.toThrow(/by itself/)
    expect([scaling.status(), await scaling.metrics()]).toEqual([[], []])
    await scaling.close()
  })
})

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
    await expect(scaling.between('eval', { min: 1, max: 2 })).rejects.toThrow('"eval" is not run')
    expect([scaling.status(), await scaling.metrics()]).toEqual([[], []])
    await scaling.close()
  })
})

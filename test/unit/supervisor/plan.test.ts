import { describe, expect, it } from 'vitest'
import { parseAmount, parsePlan } from '../../../src/runtime/supervisor/index.ts'

const known = ['gateway', 'worker']

describe('parsePlan', () => {
  it.each([
    ['gateway=1,worker=2', { gateway: 1, worker: 2 }],
    ['worker', { worker: 1 }],
    [' worker = 3'.replace(' = ', '='), { worker: 3 }],
    ['gateway, worker=0,', { gateway: 1, worker: 0 }],
    ['worker=64', { worker: 64 }],
  ])('reads %j', (text, plan) => {
    expect(Object.fromEntries(parsePlan(text, known))).toEqual(plan)
  })

  it.each([
    ['', 'no role is named'],
    [' , ', 'no role is named'],
    ['worker=1,worker=2', '"worker" is named twice'],
    ['redis=1', '"redis" is no role; there are gateway, worker'],
    ['worker=65', '65 replicas of worker are more than 64'],
    ['worker=99999999999999999999', 'more than 64'],
    ['worker=-1', 'is not ROLE=NUMBER'],
    ['worker=', 'is not ROLE=NUMBER'],
    ['worker=two', 'is not ROLE=NUMBER'],
    ['worker=1.5', 'is not ROLE=NUMBER'],
    ['=2', 'is not ROLE=NUMBER'],
    ['worker=1=2', 'is not ROLE=NUMBER'],
    ['constructor=1', 'is no role'],
  ])('refuses %j', (text, why) => {
    expect(() => parsePlan(text, known)).toThrow(
      expect.objectContaining({
        code: 'SERVE_ROLES_INVALID',
        message: expect.stringContaining(why),
        field: 'roles',
      }),
    )
  })
})

describe('parseAmount', () => {
  it('reads ROLE=NUMBER', () => {
    expect(parseAmount('worker=4', known)).toEqual(['worker', 4])
  })

  it.each(['worker', 'worker=', 'worker=x', 'other=1', ''])('refuses %j', (text) => {
    expect(() => parseAmount(text, known)).toThrow(expect.objectContaining({ code: 'SERVE_ROLES_INVALID' }))
  })
})

import { describe, expect, it } from 'vitest'
import { obstacleOf, termsOf } from '../../../src/runtime/campaigns/processing/applies.ts'
import { documentOf } from '../../../src/runtime/campaigns/processing/document.ts'
import { digitsOf, rewardOf } from '../../../src/runtime/campaigns/processing/rewards.ts'

describe('rewardOf', () => {
  it.each([
    // A share is rounded to the digits of the currency, half to even.
    ['10', '1', 'USD', '0.10'],
    ['150.00', '5', 'USD', '7.50'],
    ['0.50', '5', 'USD', '0.02'], // 0.025
    ['0.70', '5', 'USD', '0.04'], // 0.035
    ['0.90', '5', 'USD', '0.04'], // 0.045
    ['0.5001', '5', 'USD', '0.03'], // 0.025005
    ['50', '1', 'JPY', '0'], // 0.5
    ['150', '1', 'JPY', '2'], // 1.5
    ['250', '1', 'JPY', '2'], // 2.5
    ['1.0005', '100', 'KWD', '1.000'],
    ['1.0015', '100', 'KWD', '1.002'],
    ['99999999999999.9999', '100', 'USD', '100000000000000.00'],
    ['99999999999999', '0.0001', 'USD', '100000000.00'],
    ['0.1', '300', 'USD', '0.30'], // 0.30000000000000004 as doubles
    ['1', '12.3456', 'USD', '0.12'],
    ['0', '5', 'USD', '0'],
    ['-20', '5', 'USD', '0'],
    [null, '5', 'USD', '0'],
  ])('%s at %s %% in %s are %s', (amount, percent, currency, expected) => {
    expect(rewardOf({ type: 'percent', percent }, amount, currency)).toBe(expected)
  })

  it('gives a share up to its most, and a fixed amount as it is', () => {
    expect(rewardOf({ type: 'percent', percent: '10', most: '7.5' }, '100', 'USD')).toBe('7.5')
    expect(rewardOf({ type: 'percent', percent: '10', most: '7.5' }, '75', 'USD')).toBe('7.50')
    expect(rewardOf({ type: 'percent', percent: '10', most: '0' }, '100', 'USD')).toBe('0')
    expect(rewardOf({ type: 'fixed', amount: '2.3456' }, null, 'JPY')).toBe('2.3456')
  })

  it('knows the digits of currencies, and takes those it does not know for 2', () => {
    expect(['USD', 'JPY', 'KWD', 'XYZ'].map(digitsOf)).toEqual([2, 0, 3, 2])
  })
})

describe('obstacleOf', () => {
  const terms = termsOf({
    ...{ status: 'active', currency: 'USD' },
    ...{ starts_at: '2026-03-01T00:00:00.000Z', ends_at: '2026-04-01T00:00:00.000Z' },
  })
  it.each([
    ['2026-02-28T23:59:59.999Z', 'USD', 'before_start'],
    ['2026-03-01T00:00:00.000Z', 'USD', undefined],
    ['2026-03-31T23:59:59.999Z', null, undefined],
    ['2026-04-01T00:00:00.000Z', 'USD', 'after_end'],
    ['2026-03-15T00:00:00.000Z', 'EUR', 'other_currency'],
  ])('of an event at %s in %s is %s', (at, currency, expected) => {
    expect(obstacleOf(terms, Date.parse(at), currency)).toBe(expected)
  })

  it('is no date where there are none, but always the status', () => {
    const open = { status: 'active', starts_at: null, ends_at: null, currency: 'USD' }
    expect(obstacleOf(termsOf(open), 0, null)).toBeUndefined()
    for (const status of ['draft', 'paused', 'ended'])
      expect(obstacleOf(termsOf({ ...open, status }), 0, null)).toBe('not_active')
  })
})

describe('documentOf', () => {
  it('leaves out what is not known, and has the amount as a number', () => {
    const nothing = { user_id: null, merchant_id: null, amount: null, currency: null }
    const event = { event_id: 'e', occurred_at: '2026-03-01T00:00:00.000Z', data: { a: 1 } }
    expect(documentOf({ ...event, ...nothing })).toEqual(event)
    const whole = { ...event, user_id: 'u', merchant_id: 'm', amount: '150.00', currency: 'USD' }
    expect(documentOf(whole)).toEqual({ ...whole, amount: 150 })
  })
})

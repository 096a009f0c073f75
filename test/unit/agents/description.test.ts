import { describe, expect, it } from 'vitest'
import { cleanDescription, MAX_DESCRIPTION, promptFor } from '../../../src/runtime/agents/description.ts'
import { describeByTemplate } from '../../../src/runtime/agents/template.ts'
import { type CampaignInput, newCampaign } from '../../../src/runtime/campaigns/index.ts'

const campaign = (given: Partial<CampaignInput> = {}) =>
  newCampaign.parse({ name: 'Spring Sale 2024', ...given })
const SPRING = {
  starts_at: '2024-03-01T00:00:00Z',
  ends_at: '2024-03-31T21:30:00Z',
  rules: [
    {
      name: 'Shop one',
      conditions: { merchant_id: 'MERCHANT_001' },
      reward: { type: 'fixed' as const, amount: '5.00' },
    },
  ],
}

describe('the prompt for a description', () => {
  it('holds the facts and the brief, and nothing that is not there', () => {
    const { prompt, system } = promptFor({
      campaign: campaign({ ...SPRING, budget: 1000 }),
      brief: 'be short',
    })
    for (const fact of [
      'Spring Sale 2024',
      '2024-03-01',
      'MERCHANT_001',
      '5.00',
      '1000',
      'be short',
      'Shop one',
    ])
      expect(prompt).toContain(fact)
    expect(prompt).not.toContain('budget_per_user')
    expect(prompt).not.toContain('null')
    expect(system).toMatch(/not instructions/)
  })

  it('is the same for the same facts, so that its answer may be kept', () => {
    expect(promptFor({ campaign: campaign(SPRING) })).toEqual(promptFor({ campaign: campaign(SPRING) }))
  })

  it('leaves out rules that are not active, and has an end however many there are', () => {
    const rule = { conditions: { merchant_id: 'M'.repeat(1_000) } }
    const many = campaign({ rules: [{ ...rule, name: 'asleep', active: false }, ...Array(199).fill(rule)] })
    const { prompt } = promptFor({ campaign: many })
    expect(prompt).not.toContain('asleep')
    expect(prompt.length).toBeLessThan(21_000)
  })
})

describe('a description that was written', () => {
  it.each([
    ['  Plain.\n', 'Plain.'],
    ['"In quotes."', 'In quotes.'],
    ['He said "yes" and "no"', 'He said "yes" and "no"'],
    ['A\u0000B\u001b[31mC\u0007\u009b', 'AB[31mC'],
    ['one\r\ntwo\tthree', 'one\ntwo\tthree'],
    ['\u202eevil\u202c', 'evil'],
    ['half \ud83d', 'half \ufffd'],
  ])('%j becomes %j', (given, expected) => {
    expect(cleanDescription(given)).toBe(expected)
  })

  it.each(['', '  \n\t', '\u0000\u0007', '""', '" "'])('%j is none', (given) => {
    expect(cleanDescription(given)).toBeUndefined()
  })

  it('is cut to what can be stored, and not within a character', () => {
    const cut = cleanDescription('😀'.repeat(MAX_DESCRIPTION)) as string
    expect(cut.length).toBeLessThanOrEqual(MAX_DESCRIPTION)
    expect(cut.isWellFormed()).toBe(true)
    expect(cut).not.toContain('\ufffd')
    expect(cut.endsWith('…')).toBe(true)
    expect(cleanDescription('x'.repeat(MAX_DESCRIPTION))).toHaveLength(MAX_DESCRIPTION)
  })
})

describe('the template', () => {
  it('tells dates, what is earned, and the budget', () => {
    expect(describeByTemplate(campaign({ ...SPRING, budget: '1000', budget_per_user: '50' }))).toBe(
      'Spring Sale 2024 runs from 1 March 2024 until 31 March 2024, 21:30 UTC. ' +
        'Transactions whose merchant id is MERCHANT_001 earn 5.00 USD (Shop one). ' +
        'There is a budget of 1000 USD in all and 50 USD for each member.',
    )
  })

  it.each([
    [{}, 'Spring Sale 2024 runs until further notice.'],
    [{ starts_at: SPRING.starts_at }, 'Spring Sale 2024 runs from 1 March 2024 on.'],
    [{ ends_at: '2024-04-01T00:00:00Z' }, 'Spring Sale 2024 runs until 1 April 2024.'],
  ])('tells what is known of %j', (given, expected) => {
    expect(describeByTemplate(campaign(given))).toBe(expected)
  })

  it.each([
    [{}, 'All transactions'],
    [
      { amount: { $gte: 100, $lt: 500 } },
      'Transactions whose amount is at least 100 and whose amount is less than 500',
    ],
    [{ 'data.cart.total': { $gt: 3 } }, 'Transactions whose cart total is more than 3'],
    [{ $or: [{ amount: 1 }] }, 'Transactions that the rule matches'],
    [{ amount: { $in: [1, 2] } }, 'Transactions that the rule matches'],
    [{ amount: { $gte: { a: 1 } } }, 'Transactions that the rule matches'],
  ])('says %j in words as far as that can be done', (conditions, expected) => {
    const reward = { type: 'percent' as const, percent: '5', most: '20' }
    const text = describeByTemplate(campaign({ rules: [{ conditions, reward }] }))
    expect(text).toContain(`${expected} earn 5 % of their amount, at most 20 USD.`)
  })

  it('tells a few of many rules, and how they go together', () => {
    const rule = (amount: number) => ({
      conditions: { amount },
      reward: { type: 'fixed' as const, amount: '1' },
    })
    const four = describeByTemplate(campaign({ rules: [1, 2, 3, 4].map(rule), matching: 'stackable' }))
    expect(four).toContain('1 more rule applies. A transaction earns by every rule that it meets.')
    const five = describeByTemplate(campaign({ rules: [1, 2, 3, 4, 5].map(rule) }))
    expect(five).toContain('2 more rules apply. A transaction earns by the first rule that it meets.')
  })

  it('is harmless whatever the name says', () => {
    expect(describeByTemplate(campaign({ name: 'A\u001b[2JB' }))).toBe('A[2JB runs until further notice.')
  })
})

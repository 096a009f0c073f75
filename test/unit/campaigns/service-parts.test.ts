import { describe, expect, it } from 'vitest'
import { newCampaign, newRule } from '../../../src/runtime/campaigns/messages.ts'
import { checkPassword, isWeakPassword } from '../../../src/runtime/campaigns/password.ts'
import {
  checkCampaign,
  checkChange,
  checkConditions,
  checkReward,
  descriptionSourceOf,
} from '../../../src/runtime/campaigns/store/campaign-checks.ts'
import { onceOf, sameAsBefore } from '../../../src/runtime/campaigns/store/once.ts'
import { createSecrets } from '../../../src/runtime/campaigns/store/secrets.ts'
import { isLoopback } from '../../../src/runtime/kernel/index.ts'

const thrownBy = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('passwords', () => {
  it.each(['127.0.0.1', '127.8.0.1', 'localhost', 'LOCALHOST', '::1', '[::1]', '::ffff:127.0.0.1'])(
    '%s is this machine only',
    (host) => expect(isLoopback(host)).toBe(true),
  )
  it.each(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.com', 'localhost.example.com', '128.0.0.1', ''])(
    '%s is not',
    (host) => expect(isLoopback(host)).toBe(false),
  )
  it.each(['', ' ', 'your_password', 'Your_Password', 'admin', 'password', 'PASSWORD', 'anna', 'Anna'])(
    '%j is weak for anna',
    (apiPassword) => expect(isWeakPassword({ apiUsername: 'anna', apiPassword })).toBe(true),
  )
  it('refuses a weak one beyond this machine, and takes another', () => {
    const weak = { apiUsername: 'admin', apiPassword: 'your_password' }
    expect(thrownBy(() => checkPassword({ host: '0.0.0.0', ...weak }))).toMatchObject({
      code: 'CAMPAIGNS_PASSWORD_WEAK',
      field: 'apiPassword',
      kind: 'usage',
    })
    expect(checkPassword({ host: '127.0.0.1', ...weak })).toBe(true)
    expect(checkPassword({ host: '0.0.0.0', ...weak, apiPassword: 'c0rrect horse' })).toBe(false)
  })
})

describe('what is checked of campaigns', () => {
  const campaign = (given: object) => newCampaign.parse({ name: 'x', ...given })

  it('names the place of a wrong condition in the body', async () => {
    const rules = [{ conditions: {} }, { conditions: { $and: [{ amount: { $gt3: 1 } }] } }]
    await expect(checkCampaign(campaign({ rules }))).rejects.toMatchObject({
      code: 'RULE_INVALID',
      field: 'rules[1].conditions.$and[0].amount.$gt3',
      message: expect.stringContaining('rules[1].conditions.$and[0].amount.$gt3'),
    })
  })
  it('has the end after the start, whatever the offsets', async () => {
    const dates = (starts_at: string, ends_at: string) => campaign({ starts_at, ends_at })
    await checkCampaign(dates('2026-03-01T00:00:00Z', '2026-03-01T00:00:00.001Z'))
    await checkCampaign(dates('2026-03-01T00:00:00+02:00', '2026-02-28T23:00:00Z'))
    for (const end of ['2026-03-01T00:00:00Z', '2026-03-01T01:59:00+02:00'])
      await expect(checkCampaign(dates('2026-03-01T00:00:00Z', end))).rejects.toMatchObject({
        code: 'CAMPAIGN_INVALID',
        field: 'ends_at',
      })
  })
  it('lets others have their turn while many patterns are compiled', async () => {
    const $or = Array.from({ length: 100 }, (_, i) => ({ 'data.a': { $regex: `[^\\pL]{40}x${i}+` } }))
    const body = campaign({ rules: Array(20).fill({ conditions: { $or } }) })
    let turns = 0
    let going = true
    const count = () => {
      turns += 1
      if (going) setImmediate(count)
    }
    setImmediate(count)
    await checkCampaign(body)
    going = false
    expect(turns).toBeGreaterThan(0)
  })
  it('compares the end with the start that stays', () => {
    const before = { starts_at: '2026-03-01T00:00:00.000Z', ends_at: null, spent: '10.50' }
    checkChange(before, { ends_at: '2026-03-02T00:00:00.000Z' })
    checkChange(before, { starts_at: null, ends_at: '2026-02-02T00:00:00.000Z' })
    expect(thrownBy(() => checkChange(before, { ends_at: '2026-02-02T00:00:00.000Z' }))).toMatchObject({
      field: 'ends_at',
    })
  })
  it('compares budgets as decimals', () => {
    const before = { starts_at: null, ends_at: null, spent: '10.50' }
    for (const budget of ['10.5', '10.5000', '9007199254740993', null]) checkChange(before, { budget })
    for (const budget of ['10.49', '9', '0'])
      expect(thrownBy(() => checkChange(before, { budget }))).toMatchObject({
        code: 'CAMPAIGN_BUDGET_SPENT',
        field: 'budget',
      })
  })
  it('has no rewards finer than the currency', () => {
    const fixed = (amount: string) => ({ type: 'fixed' as const, amount })
    for (const amount of ['1.50', '1.500', '0', '12']) checkReward(fixed(amount), 'USD', 'reward')
    checkReward(fixed('1.234'), 'KWD', 'reward')
    checkReward({ type: 'percent', percent: '0.0125' }, 'JPY', 'reward')
    for (const [amount, currency] of [
      ['1.505', 'USD'],
      ['0.5', 'JPY'],
    ] as const)
      expect(thrownBy(() => checkReward(fixed(amount), currency, 'reward'))).toMatchObject({
        code: 'CAMPAIGN_INVALID',
        field: 'reward.amount',
      })
    const most = { type: 'percent' as const, percent: '5', most: '9.999' }
    expect(thrownBy(() => checkReward(most, 'EUR', 'reward'))).toMatchObject({ field: 'reward.most' })
  })
  it('takes the place of a rule that is too large', () => {
    let deep: object = { a: 1 }
    for (let i = 0; i < 50; i++) deep = { $and: [deep] }
    expect(thrownBy(() => checkConditions(deep, 'conditions'))).toMatchObject({
      code: 'RULE_TOO_LARGE',
      field: expect.stringMatching(/^conditions/),
      status: 422,
    })
  })
  it('tells whose description it is', () => {
    expect(descriptionSourceOf({})).toBeNull()
    expect(descriptionSourceOf({ description: null, description_source: 'llm' })).toBeNull()
    expect(descriptionSourceOf({ description: 'x' })).toBe('user')
    expect(descriptionSourceOf({ description: 'x', description_source: 'llm' })).toBe('llm')
  })
  it.each([
    ['amount', { type: 'fixed', amount: -1 }],
    ['amount', { type: 'fixed', amount: 'NaN' }],
    ['amount', { type: 'fixed', amount: '1e5' }],
    ['percent', { type: 'percent', percent: 1000.5 }],
    ['percent', { type: 'percent', percent: '-1' }],
  ])('refuses a reward by its %s: %j', (field, reward) => {
    const { error } = newRule.safeParse({ conditions: {}, reward })
    expect(error?.issues[0]?.path).toEqual(['reward', field])
  })
})

describe('what is made once', () => {
  it('is the same for the same request, and a conflict for another', () => {
    const rule = newRule.parse({ conditions: { a: 1 }, priority: 2 })
    const once = onceOf('k', rule)
    const same = onceOf('k', newRule.parse({ priority: 2, conditions: { a: 1 } }))
    expect(same).toEqual(once)
    sameAsBefore(once as NonNullable<typeof once>, same?.hash ?? null, 'rule 1')
    const other = onceOf('k', newRule.parse({ conditions: { a: 2 }, priority: 2 }))
    expect(
      thrownBy(() => sameAsBefore(other as NonNullable<typeof once>, once?.hash ?? null, 'rule 1')),
    ).toMatchObject({
      code: 'CAMPAIGN_CONFLICT',
      field: 'header.idempotency-key',
    })
    expect(onceOf(undefined, rule)).toBeUndefined()
  })
})

describe('secrets', () => {
  it('come back under the same key, and look different each time', async () => {
    const secrets = createSecrets('one key')
    const [a, b] = [await secrets.encrypt('n', 'hütte'), await secrets.encrypt('n', 'hütte')]
    expect(a).not.toBe(b)
    expect(a).not.toContain('hütte')
    expect(await secrets.decrypt('n', a)).toBe('hütte')
    expect(await createSecrets(' one key ').decrypt('n', b)).toBe('hütte')
    expect(await secrets.decrypt('e', await secrets.encrypt('e', ''))).toBe('')
  })
  it('are read with older keys, and written with the newest', async () => {
    const before = await createSecrets('old').encrypt('n', 'x')
    const both = createSecrets('new, old')
    expect(await both.decrypt('n', before)).toBe('x')
    const after = await both.encrypt('n', 'y')
    await expect(createSecrets('old').decrypt('n', after)).rejects.toMatchObject({
      code: 'CONFIGURATION_KEY_MISSING',
    })
    expect(await createSecrets('new').decrypt('n', after)).toBe('y')
  })
  it('are not taken for others, and not read when touched', async () => {
    const secrets = createSecrets('k')
    const sealed = await secrets.encrypt('a', 'x')
    await expect(secrets.decrypt('b', sealed)).rejects.toThrow()
    const flipped = sealed.slice(0, -1) + (sealed.endsWith('A') ? 'E' : 'A')
    await expect(secrets.decrypt('a', flipped)).rejects.toThrow()
  })
  it.each([undefined, '', ' , '])('need a key: %j is none', async (setting) => {
    await expect(createSecrets(setting).encrypt('n', 'x')).rejects.toMatchObject({
      code: 'CONFIGURATION_KEY_MISSING',
      status: 409,
    })
  })
})

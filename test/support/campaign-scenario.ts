import type { EventInput, NewCampaign, Reward } from '../../src/runtime/campaigns/index.ts'
import type { Chance } from './faults.ts'

/** An event as it is registered, with everything that the rules of the scenario ask about. */
export interface ScenarioEvent extends EventInput {
  event_id: string
  user_id: string | null
  merchant_id?: string
  amount?: string | number
  currency?: string
  occurred_at: string
  data: {
    tier?: string
    coupon?: string
    first?: boolean
    tags: string[]
    cart: { items: { sku: string; price: number; qty: number }[] }
  }
}

/** A rule, with the same condition once as it is sent and once in plain words. */
export interface ScenarioRule {
  name: string
  conditions: Record<string, unknown>
  matches(event: ScenarioEvent): boolean
  priority: number
  reward: Reward
  active: boolean
}

export type ScenarioCampaign = Pick<
  NewCampaign,
  'name' | 'status' | 'starts_at' | 'ends_at' | 'matching' | 'currency' | 'budget' | 'budget_per_user'
> & { rules: ScenarioRule[] }

type Condition = Pick<ScenarioRule, 'conditions' | 'matches'>

const amountOf = ({ amount }: ScenarioEvent) => (amount === undefined ? undefined : Number(amount))
const between = (value: number | undefined, low: number, high: number) =>
  value !== undefined && value >= low && value < high

const CONDITIONS = {
  merchant: {
    conditions: { merchant_id: 'MERCHANT_001' },
    matches: (event) => event.merchant_id === 'MERCHANT_001',
  },
  medium: {
    conditions: { amount: { $gte: 100, $lt: 500.5 } },
    matches: (event) => between(amountOf(event), 100, 500.5),
  },
  notSmall: {
    conditions: { amount: { $not: { $lt: 400 } }, 'data.coupon': { $exists: false } },
    matches: (event) => !((amountOf(event) ?? 400) < 400) && event.data.coupon === undefined,
  },
  tier: {
    conditions: { 'data.tier': { $in: ['gold', 'platinum'] } },
    matches: ({ data }) => data.tier === 'gold' || data.tier === 'platinum',
  },
  noBasicFirst: {
    conditions: { 'data.first': true, 'data.tier': { $ne: 'basic' } },
    matches: ({ data }) => data.first === true && data.tier !== 'basic',
  },
  dear: {
    conditions: { 'data.cart.items.price': { $gt: 90 } },
    matches: ({ data }) => data.cart.items.some(({ price }) => price > 90),
  },
  several: {
    conditions: { 'data.cart.items': { $elemMatch: { sku: 'S3', qty: { $gte: 2 } } } },
    matches: ({ data }) => data.cart.items.some(({ sku, qty }) => sku === 'S3' && qty >= 2),
  },
  three: {
    conditions: { 'data.cart.items': { $size: 3 } },
    matches: ({ data }) => data.cart.items.length === 3,
  },
  secondDear: {
    conditions: { 'data.cart.items.1.price': { $gte: 50 } },
    matches: ({ data }) => (data.cart.items[1]?.price ?? 0) >= 50,
  },
  coupon: {
    conditions: { 'data.coupon': { $regex: '^SPRING-[0-4][0-9]$' } },
    matches: ({ data }) => data.coupon === 'SPRING-07' || data.coupon === 'SPRING-49',
  },
  vip: {
    conditions: { $or: [{ merchant_id: 'MERCHANT_002' }, { 'data.tags': 'vip' }] },
    matches: ({ merchant_id, data }) => merchant_id === 'MERCHANT_002' || data.tags.includes('vip'),
  },
  clean: {
    conditions: { $nor: [{ 'data.tags': 'fraud' }], 'data.tags': { $all: ['vip', 'new'] } },
    matches: ({ data }) =>
      ['vip', 'new'].every((tag) => data.tags.includes(tag)) && !data.tags.includes('fraud'),
  },
  anything: { conditions: {}, matches: () => true },
} satisfies Record<string, Condition>

const fixed = (amount: string): Reward => ({ type: 'fixed', amount })
const percent = (share: string, most?: string): Reward => ({
  type: 'percent',
  percent: share,
  ...(most !== undefined && { most }),
})

function rule(
  condition: keyof typeof CONDITIONS,
  priority: number,
  reward: Reward,
  active = true,
): ScenarioRule {
  return { ...CONDITIONS[condition], name: condition, priority, reward, active }
}

const OPEN = {
  status: 'active',
  starts_at: null,
  ends_at: null,
  matching: 'first_match',
  currency: 'USD',
  budget: null,
  budget_per_user: null,
} as const satisfies Partial<ScenarioCampaign>

/** Borders that some events are on exactly. */
const [STARTS, ENDS] = ['2024-03-01T00:00:00.000Z', '2024-06-01T00:00:00.000Z']

/** Campaigns of all kinds; those with budgets run out of them about half way through `events` events. */
export function campaignsFor(events: number): ScenarioCampaign[] {
  const share = (part: number) => (events * part).toFixed(2)
  return [
    {
      ...{ ...OPEN, name: 'Spring Sale 2024' },
      rules: [
        rule('merchant', 10, fixed('5')),
        rule('medium', 5, percent('2.5')),
        rule('dear', 5, percent('1', '0.75')),
        rule('tier', 20, fixed('1.25'), false),
      ],
    },
    {
      ...{ ...OPEN, name: 'Everything counts', matching: 'stackable' },
      rules: [
        rule('coupon', 0, percent('3.3333')),
        rule('several', 1, fixed('0.1')),
        rule('three', 1, fixed('0')),
        rule('notSmall', -1, percent('0.05', '10')),
      ],
    },
    {
      ...{ ...OPEN, name: 'Three months', starts_at: STARTS, ends_at: ENDS },
      rules: [rule('noBasicFirst', 1, fixed('2')), rule('anything', 0, percent('0.5'))],
    },
    {
      ...{ ...OPEN, name: 'Yen', currency: 'JPY', matching: 'stackable' },
      rules: [rule('medium', 1, percent('12.5')), rule('vip', 0, percent('1.5'))],
    },
    {
      ...{ ...OPEN, name: 'Dinar', currency: 'KWD' },
      rules: [rule('clean', 1, percent('0.25')), rule('secondDear', 0, fixed('0.125'))],
    },
    {
      ...{ ...OPEN, name: 'Limited', budget: share(0.4) },
      rules: [rule('tier', 9, fixed('3')), rule('vip', 3, fixed('0.7')), rule('three', 1, fixed('0.01'))],
    },
    {
      ...{ ...OPEN, name: 'Limited shares', matching: 'stackable', budget: share(0.9) },
      rules: [
        rule('medium', 2, percent('2')),
        rule('dear', 1, percent('0.1')),
        rule('merchant', 0, fixed('1')),
      ],
    },
    {
      ...{ ...OPEN, name: 'A little for everybody', budget_per_user: share(0.004) },
      rules: [rule('merchant', 2, fixed('1')), rule('coupon', 1, percent('0.3'))],
    },
    {
      ...{ ...OPEN, name: 'Both', matching: 'stackable', budget: share(0.2), budget_per_user: share(0.006) },
      rules: [rule('several', 0, fixed('1.5')), rule('secondDear', 0, fixed('0.25'))],
    },
    { ...{ ...OPEN, name: 'Not yet', status: 'draft' }, rules: [rule('anything', 0, fixed('100'))] },
    { ...{ ...OPEN, name: 'At rest', status: 'paused' }, rules: [rule('anything', 0, fixed('100'))] },
    { ...{ ...OPEN, name: 'Over', status: 'ended' }, rules: [rule('anything', 0, fixed('100'))] },
  ]
}

const USERS = 40
const TIMES = [STARTS, ENDS, '2024-03-01T01:00:00+01:00', '2024-05-31T23:59:59.999Z', '2024-02-29T23:59:59Z']
const COUPONS = ['SPRING-07', 'SPRING-49', 'SPRING-50', 'spring-07', 'SPRING-007']
const MERCHANTS = ['MERCHANT_001', 'MERCHANT_002', 'MERCHANT_003', 'MERCHANT_004', 'MERCHANT_005']

/** Makes an event; which one, the chance decides. */
export function makeEvent(event_id: string, { between: roll, pick }: Chance): ScenarioEvent {
  const oneIn = (n: number) => roll(1, n) === 1
  return {
    event_id,
    user_id: oneIn(12) ? null : `user-${roll(1, USERS)}`,
    ...(oneIn(8) ? {} : { merchant_id: pick(MERCHANTS) }),
    ...(oneIn(10) ? {} : { amount: makeAmount(roll) }),
    ...(oneIn(5) ? {} : { currency: pick(['USD', 'USD', 'USD', 'JPY', 'KWD', 'EUR']) }),
    occurred_at: oneIn(6)
      ? pick(TIMES)
      : new Date(Date.UTC(2024, roll(0, 11), roll(1, 28), roll(0, 23))).toISOString(),
    data: {
      ...(oneIn(4) ? {} : { tier: pick(['basic', 'silver', 'gold', 'platinum']) }),
      ...(oneIn(3) ? { coupon: pick(COUPONS) } : {}),
      ...(oneIn(2) ? { first: oneIn(2) } : {}),
      tags: ['vip', 'new', 'fraud', 'web'].filter(() => oneIn(4)),
      cart: {
        items: Array.from({ length: roll(0, 4) }, () => ({
          sku: `S${roll(1, 5)}`,
          price: roll(1, 1_000) / 10,
          qty: roll(1, 3),
        })),
      },
    },
  }
}

/** Some are refunds, some whole, some numbers and some text, and many end in what is rounded to the even one. */
function makeAmount(roll: Chance['between']): string | number {
  const whole = roll(0, 700)
  switch (roll(1, 6)) {
    case 1:
      return whole
    case 2:
      return `-${whole}.50`
    case 3:
      return `${whole}.${String(roll(0, 9_999)).padStart(4, '0')}`
    case 4:
      return whole + 0.2
    default:
      return `${whole}.${roll(0, 9)}0`
  }
}

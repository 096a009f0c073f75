import type { EventInput, NewCampaign } from '../../../src/runtime/campaigns/index.ts'
import { randomOf } from '../balancer/random.ts'

export const CAMPAIGNS = 10
const CITIES = ['Bremen', 'Turin', 'Leeds', 'Porto', 'Gent', 'Lyon', 'Brno', 'Cork', 'Graz', 'Lund']
const TIERS = ['basic', 'silver', 'gold', 'platinum']
const SYSTEMS = ['ios', 'android', 'web', 'kiosk']

export interface BenchEvent extends EventInput {
  event_id: string
  user_id: string
  merchant_id: string
  amount: number
  data: Record<string, unknown>
}

/** Ten kinds of conditions, from a comparison of one field to arrays of objects and patterns. */
const KINDS: readonly ((c: number) => Record<string, unknown>)[] = [
  (c) => ({ merchant_id: `MERCHANT_${c}`, amount: { $gte: 100 } }),
  (c) => ({ 'data.tier': 'platinum', 'data.city': CITIES[c], amount: { $lt: 500 } }),
  (c) => ({ amount: { $gte: 300 + 10 * c, $lt: 310 + 10 * c } }),
  (c) => ({ 'data.cart.items': { $elemMatch: { sku: `S-${c}`, qty: { $gte: 3 } } } }),
  (c) => ({ 'data.coupon': { $regex: `^SPRING-${c}[0-4]$` } }),
  (c) => ({ $or: [{ 'data.tags': `t${c}` }, { user_id: { $in: [`user-${c}`, `user-${c + 100}`] } }] }),
  (c) => ({ 'data.cart.items.price': { $gt: 98 }, 'data.city': CITIES[c] }),
  (c) => ({
    'data.device.os': { $in: ['ios', 'kiosk'] },
    'data.first': true,
    merchant_id: `MERCHANT_${c + 20}`,
  }),
  (c) => ({
    $nor: [{ 'data.tags': 'web' }],
    'data.cart.items': { $size: 4 },
    'data.city': { $eq: CITIES[c] },
  }),
  (c) => ({
    'data.coupon': { $exists: false },
    'data.tier': { $nin: ['basic', 'silver'] },
    merchant_id: `MERCHANT_${c + 40}`,
  }),
]

/** Ten campaigns with the rules among them, all active, none with a budget. */
export function campaignsWith(rules: number): (Pick<
  NewCampaign,
  'name' | 'status' | 'matching' | 'currency'
> & {
  rules: {
    name: string
    conditions: Record<string, unknown>
    priority: number
    reward: { type: 'percent'; percent: string }
  }[]
})[] {
  return Array.from({ length: CAMPAIGNS }, (_, c) => ({
    ...{ name: `Campaign ${c}`, status: 'active', matching: 'first_match', currency: 'USD' },
    rules: Array.from({ length: Math.ceil((rules - c) / CAMPAIGNS) }, (_, i) => ({
      name: `${c}.${i}`,
      conditions: (KINDS[i % KINDS.length] as (typeof KINDS)[number])(
        (c + Math.floor(i / KINDS.length)) % CAMPAIGNS,
      ),
      priority: KINDS.length - (i % KINDS.length),
      reward: { type: 'percent', percent: '2.5' },
    })),
  }))
}

/** Always the same events for the same seed, about 350 characters each; `prefix` begins their ids. */
export function eventsOf(seed: number, prefix: string): () => BenchEvent {
  const random = randomOf(seed)
  const below = (n: number) => Math.floor(random() * n)
  const pick = <T>(list: readonly T[]) => list[below(list.length)] as T
  let made = 0
  return () => ({
    event_id: `${prefix}-${made++}`,
    user_id: `user-${below(5_000)}`,
    merchant_id: `MERCHANT_${below(60)}`,
    amount: below(60_000) / 100,
    currency: 'USD',
    data: {
      tier: pick(TIERS),
      city: pick(CITIES),
      first: random() < 0.3,
      ...(random() < 0.5 ? { coupon: `SPRING-${below(100)}` } : {}),
      tags: Array.from({ length: below(4) }, () => pick(['web', 'new', `t${below(40)}`])),
      device: { os: pick(SYSTEMS), version: `${below(20)}.${below(10)}`, language: 'en' },
      cart: {
        id: `cart-${below(1_000_000)}`,
        items: Array.from({ length: 1 + below(4) }, () => ({
          sku: `S-${below(40)}`,
          price: below(10_000) / 100,
          qty: 1 + below(3),
        })),
      },
    },
  })
}

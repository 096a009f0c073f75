import { describe, expect, it } from 'vitest'
import { compileCondition } from '../../../src/runtime/rules/index.ts'

const event = {
  event_id: 'e-1',
  merchant_id: 'MERCHANT_001',
  amount: 150,
  currency: 'EUR',
  occurred_at: '2024-03-20T10:00:00.000Z',
  data: {
    tier: 'gold',
    first: true,
    coupon: null,
    tags: ['new', 'web'],
    empty: [],
    points: [3, 8],
    matrix: [5, [2, 4]],
    address: { city: 'Graz', zip: '8010' },
    items: [
      { sku: 'S-1', qty: 2, price: 9.5 },
      { sku: 'S-2', qty: 5, price: 40, gift: true },
    ],
  },
}

const asked = (condition: unknown) => compileCondition(condition).matches(event)

describe('a condition', () => {
  it.each([
    [{}, true],
    [{ merchant_id: 'MERCHANT_001' }, true],
    [{ merchant_id: 'MERCHANT_002' }, false],
    [{ amount: 150, currency: 'EUR' }, true],
    [{ amount: 150, currency: 'USD' }, false],
    [{ amount: '150' }, false],
    [{ amount: { $eq: 150 } }, true],
    [{ amount: { $ne: 150 } }, false],
    [{ amount: { $gt: 100, $lt: 200 } }, true],
    [{ amount: { $gte: 150, $lte: 150 } }, true],
    [{ amount: { $gt: 150 } }, false],
    [{ amount: { $in: [1, 150] } }, true],
    [{ amount: { $nin: [1, 150] } }, false],
    [{ occurred_at: { $gte: '2024-03-01', $lt: '2024-04-01' } }, true],
    [{ 'data.first': { $gt: false } }, true],
    [{ 'data.address.city': 'Graz' }, true],
    [{ 'data.address.street': { $exists: false } }, true],
    [{ 'data.tier': { $regex: '^GO', $options: 'i' } }, true],
    [{ $or: [{ amount: 1 }, { 'data.tier': 'gold' }] }, true],
    [{ $and: [{ amount: 150 }, { 'data.tier': 'silver' }] }, false],
    [{ $nor: [{ amount: 1 }, { 'data.tier': 'silver' }] }, true],
    [{ amount: { $not: { $gt: 100, $lt: 120 } } }, true],
    [{ 'data.tier': { $not: { $regex: '^g' } } }, false],
  ])('%j of a payment is %j', (condition, expected) => {
    expect(asked(condition)).toBe(expected)
  })
})

describe('values of another type', () => {
  it.each([
    [{ 'data.tier': { $gt: 5 } }, false],
    [{ 'data.tier': { $lte: 5 } }, false],
    [{ amount: { $gt: '1' } }, false],
    [{ 'data.first': { $gte: 1 } }, false],
    [{ 'data.coupon': { $lt: 5 } }, false],
    [{ 'data.missing': { $lt: 5 } }, false],
    [{ 'data.missing': { $not: { $gte: 5 } } }, true],
    [{ amount: { $regex: '150' } }, false],
  ])('are not compared: %j is %j', (condition, expected) => {
    expect(asked(condition)).toBe(expected)
  })
})

describe('null', () => {
  it.each([
    [{ 'data.coupon': null }, true],
    [{ 'data.missing': null }, true],
    [{ 'data.missing.further': null }, true],
    [{ 'data.tier.further': null }, true],
    [{ 'data.tier': null }, false],
    [{ 'data.missing': { $ne: null } }, false],
    [{ 'data.missing': { $in: [1, null] } }, true],
    [{ 'data.missing': { $nin: [null] } }, false],
    [{ 'data.coupon': { $exists: true } }, true],
    [{ 'data.missing': { $exists: true } }, false],
    [{ 'data.items.gift': null }, true],
    [{ 'data.tags.gift': null }, false],
    [{ 'data.items.7': null }, true],
    [{ 'data.items.0.gift': null }, true],
    [{ 'data.items.1.gift': null }, false],
  ])('equals what is missing: %j is %j', (condition, expected) => {
    expect(asked(condition)).toBe(expected)
  })
})

describe('a list', () => {
  it.each([
    [{ 'data.tags': 'web' }, true],
    [{ 'data.tags': ['new', 'web'] }, true],
    [{ 'data.tags': ['web', 'new'] }, false],
    [{ 'data.tags': { $ne: 'web' } }, false],
    [{ 'data.points': { $gt: 5, $lt: 5 } }, true],
    [{ 'data.points': { $elemMatch: { $gt: 5, $lt: 5 } } }, false],
    [{ 'data.points': { $elemMatch: { $gt: 5, $lt: 9 } } }, true],
    [{ 'data.tags': { $size: 2 } }, true],
    [{ 'data.empty': { $size: 0 } }, true],
    [{ 'data.tier': { $size: 0 } }, false],
    [{ 'data.tags': { $all: ['web', 'new'] } }, true],
    [{ 'data.tags': { $all: ['web', 'old'] } }, false],
    [{ 'data.tags': { $all: [] } }, false],
    [{ 'data.tier': { $all: ['gold'] } }, true],
    [{ 'data.items.sku': 'S-2' }, true],
    [{ 'data.items.1.sku': 'S-2' }, true],
    [{ 'data.items.0.sku': 'S-2' }, false],
    [{ 'data.items.-1.sku': 'S-2' }, false],
    [{ 'data.items.01.sku': 'S-2' }, false],
    [{ 'data.items.1e0.sku': 'S-2' }, false],
    [{ 'data.items.9999999999.sku': null }, true],
    [{ 'data.items.length': 2 }, false],
    [{ 'data.points.1': 8 }, true],
    [{ 'data.matrix': 2 }, false],
    [{ 'data.matrix': [2, 4] }, true],
    [{ 'data.matrix.1': 4 }, true],
    [{ 'data.items.qty': { $in: [5, 6] } }, true],
    [{ 'data.items': { $elemMatch: { sku: 'S-1', qty: { $gte: 5 } } } }, false],
    [{ 'data.items': { $elemMatch: { sku: 'S-2', qty: { $gte: 5 } } } }, true],
    [{ 'data.items': { $elemMatch: { $or: [{ sku: 'x' }, { gift: true }] } } }, true],
    [{ 'data.tags': { $elemMatch: { $regex: '^w' } } }, true],
    [{ 'data.tier': { $elemMatch: { $eq: 'gold' } } }, false],
    [{ 'data.items': { $all: [{ $elemMatch: { qty: 2 } }, { $elemMatch: { qty: 5 } }] } }, true],
    [{ 'data.items': { $all: [{ $elemMatch: { qty: 2, price: 40 } }] } }, false],
    [{ 'data.items.sku.0': 'S-1' }, false],
  ])('is asked as MongoDB asks it: %j is %j', (condition, expected) => {
    expect(asked(condition)).toBe(expected)
  })

  it('of objects may have fields named like positions', () => {
    const matcher = compileCondition({ 'a.1': 4 })
    expect(matcher.matches({ a: [5, { 1: 4 }, 3] })).toBe(true)
    expect(matcher.matches({ a: [{ 1: 4 }] })).toBe(true)
    expect(matcher.matches({ a: [5, 4] })).toBe(true)
    expect(matcher.matches({ a: [4, 5] })).toBe(false)
  })
})

describe('an object', () => {
  it('equals one with the same fields in any order', () => {
    expect(asked({ 'data.address': { zip: '8010', city: 'Graz' } })).toBe(true)
    expect(asked({ 'data.address': { city: 'Graz' } })).toBe(false)
    expect(asked({ 'data.address': { city: 'Graz', zip: '8010', street: null } })).toBe(false)
    expect(asked({ 'data.items': { $in: [{ qty: 2, price: 9.5, sku: 'S-1' }] } })).toBe(true)
    expect(asked({ 'data.address': {} })).toBe(false)
  })

  it('is found by its own fields only', () => {
    const inherited = Object.create({ amount: 150 }) as object
    expect(compileCondition({ amount: 150 }).matches(inherited)).toBe(false)
    expect(compileCondition({ toString: { $exists: true } }).matches({})).toBe(false)
    expect(compileCondition({ 'data.hasOwnProperty': { $ne: null } }).matches({ data: {} })).toBe(false)
    expect(compileCondition({ 'data.hasOwnProperty': 1 }).matches({ data: { hasOwnProperty: 1 } })).toBe(true)
  })

  it('may come without a prototype', () => {
    const bare = Object.assign(Object.create(null), { a: Object.assign(Object.create(null), { b: 1 }) })
    expect(compileCondition({ 'a.b': 1, a: { b: 1 } }).matches(bare)).toBe(true)
    expect(compileCondition(bare).matches({ a: { b: 1 } })).toBe(true)
  })
})

describe('numbers that JSON has not', () => {
  it.each([Number.NaN, Infinity, -Infinity])('never match: %d', (amount) => {
    for (const operator of ['$gt', '$gte', '$lt', '$lte', '$eq']) {
      expect(compileCondition({ amount: { [operator]: 5 } }).matches({ amount })).toBe(false)
    }
    expect(compileCondition({ amount: { $in: [1, 2, 3, 4, 5] } }).matches({ amount })).toBe(false)
  })
})

describe('a compiled condition', () => {
  it('does not change with the condition it was made from', () => {
    const condition = { amount: { $in: [1, 2] }, data: { a: [1] } }
    const matcher = compileCondition(condition)
    condition.amount.$in.push(3)
    condition.data.a[0] = 9
    expect(matcher.matches({ amount: 3, data: { a: [1] } })).toBe(false)
    expect(matcher.matches({ amount: 2, data: { a: [1] } })).toBe(true)
  })

  it('answers for one document after another', () => {
    const matcher = compileCondition({ 'data.tags': { $regex: '^(a|b)+$' } })
    const answers = [['ab'], ['abc'], ['x', 'b'], []].map((tags) => matcher.matches({ data: { tags } }))
    expect(answers).toEqual([true, false, true, false])
  })
})

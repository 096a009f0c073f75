import { describe, expect, it } from 'vitest'
import { AgentctlError } from '../../../src/runtime/kernel/index.ts'
import { compileCondition, type RuleLimits } from '../../../src/runtime/rules/index.ts'

function refusal(condition: unknown, limits?: Partial<RuleLimits>): AgentctlError {
  try {
    compileCondition(condition, limits)
  } catch (error) {
    if (error instanceof AgentctlError) return error
    throw error
  }
  throw new Error('it was accepted')
}

/** As it arrives in a request; an object literal would set the prototype. */
const parsed = (text: string): unknown => JSON.parse(text)

describe('a condition that cannot be understood', () => {
  it.each([
    ['a number', 5, undefined, 'not the number 5'],
    ['null', null, undefined, 'not null'],
    ['a list', [{ a: 1 }], undefined, 'not a list'],
    [
      'an operator with a typing error',
      { $and: [{}, { amount: { $gt3: 1 } }] },
      '$and[1].amount.$gt3',
      'did you mean $gt?',
    ],
    ['an unknown operator', { amount: { $near: 1 } }, 'amount.$near', 'does not exist'],
    ['an unknown joining operator', { $xor: [] }, '$xor', 'did you mean $or?'],
    ['code', { $where: 'process.exit()' }, '$where', 'does not exist'],
    ['an expression', { $expr: { $gt: ['$a', 1] } }, '$expr', 'does not exist'],
    ['a function', { a: { $function: { body: '' } } }, 'a.$function', 'does not exist'],
    ['an operator without a field', { $gte: 5 }, '$gte', 'stands below a field'],
    ['$not without a field', { $not: { a: 1 } }, '$not', 'stands below a field'],
    ['a joining operator below a field', { a: { $or: [{ b: 1 }] } }, 'a.$or', 'cannot stand below a field'],
    ['a name beside operators', { a: { $gt: 1, b: 2 } }, 'a.b', 'stands beside operators'],
    ['operators in a value', { a: { b: { $gt: 1 } } }, 'a.b.$gt', 'stands in a value'],
    ['no list for $in', { a: { $in: 'x' } }, 'a.$in', 'takes a list of values, not the text "x"'],
    ['a pattern in $in', { a: { $in: ['x', { $regex: 'y' }] } }, 'a.$in[1]', 'join patterns with $or'],
    ['a RegExp in $in', { a: { $in: [/y/] } }, 'a.$in[0]', 'join patterns with $or'],
    ['no list for $and', { $and: { a: 1 } }, '$and', 'not an object'],
    ['an empty $or', { $or: [] }, '$or', 'not an empty one'],
    ['a value as a clause', { $nor: [{ a: 1 }, 'b'] }, '$nor[1]', 'takes an object'],
    ['a list to compare with', { a: { $lt: [1] } }, 'a.$lt', 'not with a list'],
    ['null to compare with', { a: { $gte: null } }, 'a.$gte', 'not with null'],
    ['NaN', { a: { $gt: Number.NaN } }, 'a.$gt', 'NaN'],
    ['Infinity in a list', { a: { $in: [1, Infinity] } }, 'a.$in[1]', 'Infinity'],
    ['undefined', { a: undefined }, 'a', 'undefined'],
    ['a Date', { a: { $gt: new Date(0) } }, 'a.$gt', 'a Date'],
    ['a RegExp', { a: /x/ }, 'a', 'a RegExp'],
    ['a bigint', { a: 1n }, 'a', 'a bigint'],
    ['a Map', { a: new Map() }, 'a', 'an object, which JSON has no form for'],
    ['a text for $exists', { a: { $exists: 'true' } }, 'a.$exists', 'takes true or false'],
    ['a negative size', { a: { $size: -1 } }, 'a.$size', 'at least 0'],
    ['half a size', { a: { $size: 1.5 } }, 'a.$size', 'whole number'],
    ['no operator in $not', { a: { $not: { b: 1 } } }, 'a.$not', 'takes an object of operators'],
    ['a value in $not', { a: { $not: 5 } }, 'a.$not', 'takes an object of operators'],
    ['no object for $elemMatch', { a: { $elemMatch: [1] } }, 'a.$elemMatch', 'takes an object'],
    ['both in $all', { a: { $all: [1, { $elemMatch: { b: 1 } }] } }, 'a.$all', 'not both'],
    ['another operator in $all', { a: { $all: [{ $gt: 1 }] } }, 'a.$all[0].$gt', '$elemMatch only'],
    ['$options alone', { a: { $options: 'i' } }, 'a.$options', 'belongs to a $regex'],
    ['an unknown option', { a: { $regex: 'x', $options: 'ix' } }, 'a.$regex', 'the option "x"'],
    ['an option of Object', { a: { $regex: 'x', $options: 'g' } }, 'a.$regex', 'the option "g"'],
    ['a number as a pattern', { a: { $regex: 5 } }, 'a.$regex', 'not the number 5'],
    ['a RegExp as a pattern', { a: { $regex: /x/ } }, 'a.$regex', 'not a RegExp'],
    ['an empty name', { 'a..b': 1 }, 'a..b', 'is empty'],
    ['no name', { '': 1 }, undefined, 'is empty'],
    ['an operator in a path', { 'data.$where': 1 }, 'data.$where', 'starts with $'],
    [
      'a path of a thousand names',
      { [Array(1_000).fill('a').join('.')]: 1 },
      undefined,
      'more than 32 names',
    ],
    ['a long path', { [`data.${'a'.repeat(500)}`]: 1 }, undefined, 'a path has at most 500'],
  ])('is refused by name: %s', (_, condition, field, text) => {
    const error = refusal(condition)
    expect(error).toMatchObject({ code: 'RULE_INVALID', kind: 'usage', status: 422 })
    expect(error.message).toContain(text)
    if (field !== undefined) expect(error.field).toBe(field)
    expect(error.message.length).toBeLessThan(500)
  })

  it.each([
    '{"__proto__": {"admin": true}}',
    '{"__proto__.admin": true}',
    '{"data.__proto__.admin": true}',
    '{"data.constructor.name": "Object"}',
    '{"data.prototype": 1}',
    '{"$and": [{"constructor": {"$exists": true}}]}',
    '{"data": {"__proto__": {"admin": true}}}',
    '{"data": {"$in": [{"constructor": 1}]}}',
    '{"data": {"$elemMatch": {"__proto__": 1}}}',
  ])('cannot reach a prototype: %s', (text) => {
    expect(refusal(parsed(text))).toMatchObject({ code: 'RULE_INVALID' })
    expect({}).not.toHaveProperty('admin')
  })

  it('does not take names of Object for operators', () => {
    expect(refusal(parsed('{"a": {"$constructor": 1}}')).message).toContain('does not exist')
    expect(refusal(parsed('{"a": {"$gt": 1, "toString": 1}}')).message).toContain('stands beside operators')
  })
})

describe('a condition that is too large', () => {
  const deep = (levels: number, wrap: (inner: unknown) => unknown, inner: unknown = { a: 1 }) => {
    let condition = inner
    for (let i = 0; i < levels; i++) condition = wrap(condition)
    return condition
  }

  it.each([
    ['$and', (inner: unknown) => ({ $and: [inner] })],
    ['$not', (inner: unknown) => ({ a: { $not: { $elemMatch: inner } } })],
    ['$elemMatch', (inner: unknown) => ({ a: { $elemMatch: inner } })],
    ['$all', (inner: unknown) => ({ a: { $all: [{ $elemMatch: inner }] } })],
    ['objects', (inner: unknown) => ({ a: inner })],
  ])('is refused when it is deep, however deep: %s', (_, wrap) => {
    for (const levels of [17, 1_000, 100_000]) {
      expect(refusal(deep(levels, wrap))).toMatchObject({ code: 'RULE_TOO_LARGE', status: 422 })
    }
  })

  it('may be as deep as the limit says', () => {
    const matcher = compileCondition(deep(15, (inner) => ({ $and: [inner] })))
    expect(matcher.matches({ a: 1 })).toBe(true)
    expect(() => compileCondition({ $and: [{ a: 1 }] }, { depth: 1 })).toThrow('more than 1 levels')
  })

  it('is refused when it has ten thousand parts', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => ({ [`field${i}`]: i }))
    expect(refusal({ $or: many })).toMatchObject({ code: 'RULE_TOO_LARGE', field: '$or' })
    expect(refusal(Object.assign({}, ...many))).toMatchObject({ code: 'RULE_TOO_LARGE' })
    expect(refusal({ a: { $in: many.map((_, i) => i) } })).toMatchObject({ field: 'a.$in' })
    expect(refusal({ a: many.map((_, i) => i) })).toMatchObject({ field: 'a' })
    expect(refusal({ $or: many.map(() => ({})) })).toMatchObject({ code: 'RULE_TOO_LARGE' })
    const thirds = { $or: Array(700).fill({ a: { $all: [] } }) }
    expect(refusal({ $and: [thirds, thirds, thirds] })).toMatchObject({ code: 'RULE_TOO_LARGE' })
    const half = { $in: Array.from({ length: 1_100 }, (_, i) => i) }
    expect(refusal({ a: half, b: half })).toMatchObject({ code: 'RULE_TOO_LARGE', field: 'b.$in' })
  })

  it('may have as many as the limit says', () => {
    const list = Array.from({ length: 1_990 }, (_, i) => i)
    expect(compileCondition({ a: { $in: list } }).matches({ a: 1_989 })).toBe(true)
  })

  it('is refused when it holds itself', () => {
    const circle: Record<string, unknown> = {}
    circle.$and = [circle]
    expect(refusal(circle)).toMatchObject({ code: 'RULE_TOO_LARGE' })
    const list: unknown[] = []
    list.push(list)
    expect(refusal({ a: list })).toMatchObject({ code: 'RULE_TOO_LARGE' })
  })
})

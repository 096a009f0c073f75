import { describe, expect, it } from 'vitest'
import { compileCondition } from '../../../src/runtime/rules/index.ts'

/** Far more than any of these takes, and far less than a rule that got out of hand would. */
const DEADLINE = 10_000
const LONG = 100_000

const tooExpensive = expect.objectContaining({ code: 'RULE_TOO_EXPENSIVE', status: 422 })

describe('a hostile pattern', () => {
  it.each([
    ['(a+)+$', 'a', false],
    ['^(a+)+$', 'a', false],
    ['(a|a)*b', 'a', true],
    ['^(a|aa)+$', 'a', false],
    ['(x+x+)+y', 'x', false],
    ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a', false],
    ['(.*)*(.*)*(.*)*=', 'a', false],
    ['(a?){25}(a){25}c', 'a', false],
    ['([ab]*a[ab]{12}){2}c', 'ab', false],
  ])('takes time in proportion to the text: %s', { timeout: DEADLINE }, (pattern, filling, expected) => {
    const text = `${filling.repeat(LONG / filling.length)}!b`
    const matcher = compileCondition({ 'data.text': { $regex: pattern } })
    expect(matcher.matches({ data: { text } })).toBe(expected)
  })

  it('is given up on many long texts', { timeout: DEADLINE }, () => {
    const matcher = compileCondition({ 'data.texts': { $regex: '([ab]*a[ab]{300})[cd]' } })
    const texts = Array.from({ length: 1_000 }, () => 'ab'.repeat(2_000))
    expect(() => matcher.matches({ data: { texts } })).toThrow(tooExpensive)
    expect(matcher.matches({ data: { texts: ['ab'] } })).toBe(false)
  })
})

describe('a hostile document', () => {
  const long = Array.from({ length: LONG }, (_, i) => i)

  it('with a long list is given up when many conditions ask it', { timeout: DEADLINE }, () => {
    const clauses = Array.from({ length: 900 }, (_, i) => ({ 'data.list': -1 - i }))
    const matcher = compileCondition({ $or: clauses })
    expect(() => matcher.matches({ data: { list: long } })).toThrow(tooExpensive)
    expect(() => matcher.explain({ data: { list: long } })).toThrow(tooExpensive)
    expect(matcher.matches({ data: { list: [1, 2, -900] } })).toBe(true)
  })

  it('with long texts is given up when many conditions search them', { timeout: DEADLINE }, () => {
    const clauses = Array.from({ length: 900 }, (_, i) => ({ 'data.text': { $regex: `x${i}` } }))
    const matcher = compileCondition({ $or: clauses })
    expect(() => matcher.matches({ data: { text: 'x'.repeat(LONG) } })).toThrow(tooExpensive)
    expect(matcher.matches({ data: { text: 'x'.repeat(100) } })).toBe(false)
  })

  it('counts what an element is asked', { timeout: DEADLINE }, () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, { $ne: 1 }]))
    const matcher = compileCondition({ list: { $elemMatch: { ...many, last: 1 } } })
    expect(() => matcher.matches({ list: long.map(() => ({})) })).toThrow(tooExpensive)
  })

  it('with lists in lists is given up', { timeout: DEADLINE }, () => {
    let nested: unknown = { x: 1 }
    for (let i = 0; i < 20; i++) nested = { a: [nested, nested] }
    const matcher = compileCondition({ [`${'a.'.repeat(20)}x`]: 2 })
    expect(() => matcher.matches(nested as object)).toThrow(tooExpensive)
  })

  it('cannot make positions that are names as well branch without end', { timeout: DEADLINE }, () => {
    let nested: unknown = 1
    for (let i = 0; i < 60; i++) nested = [{ 0: nested }]
    const matcher = compileCondition({ [`a${'.0'.repeat(31)}`]: 2 })
    expect(() => matcher.matches({ a: nested })).toThrow(tooExpensive)
  })

  it('counts the parts of lists and objects that are compared', { timeout: DEADLINE }, () => {
    const wide = Object.fromEntries(long.map((i) => [`f${i}`, i]))
    const expected = Array.from({ length: 1_000 }, (_, i) => i)
    const matcher = compileCondition({ list: { $in: [[...expected, 'x'], { a: 1 }] } })
    const near = Array.from({ length: 1_000 }, () => [...expected, 'y'])
    expect(() => matcher.matches({ list: near })).toThrow(tooExpensive)
    expect(matcher.matches({ list: [wide] })).toBe(false)
  })

  it('of any depth is only looked at as deep as the rule', { timeout: DEADLINE }, () => {
    let deep: unknown = 1
    for (let i = 0; i < LONG; i++) deep = i % 2 ? [deep] : { a: deep }
    const matcher = compileCondition({ a: { $eq: [[1]] }, 'a.a': { $ne: { a: 1 } } })
    expect(matcher.matches({ a: deep })).toBe(false)
    expect(JSON.stringify(matcher.explain({ a: deep })).length).toBeLessThan(2_000)
  })

  it('cannot reach or change a prototype', () => {
    const document = JSON.parse(
      '{"__proto__": {"admin": true}, "data": {"__proto__": {"admin": true}}}',
    ) as object
    expect(compileCondition({ admin: true }).matches(document)).toBe(false)
    expect(compileCondition({ 'data.admin': true }).matches(document)).toBe(false)
    expect(compileCondition({ data: {} }).matches(document)).toBe(false)
    const explained = compileCondition({ data: 1 }).explain(document)
    expect(JSON.stringify(explained)).toContain('"__proto__"')
    expect({}).not.toHaveProperty('admin')
  })
})

describe('the budget of steps', () => {
  it('is that of one evaluation', () => {
    const matcher = compileCondition({ list: 99 }, { steps: 101 })
    const list = Array.from({ length: 100 }, (_, i) => i)
    for (let i = 0; i < 3; i++) expect(matcher.matches({ list })).toBe(true)
    expect(() => matcher.matches({ list: [...list, 1] })).toThrow(tooExpensive)
    expect(matcher.matches({ list })).toBe(true)
  })

  it('is larger for an explanation, which asks everything', () => {
    const matcher = compileCondition({ $or: [{ list: 0 }, { list: -1 }] }, { steps: 104 })
    const list = Array.from({ length: 100 }, (_, i) => i)
    expect(matcher.matches({ list })).toBe(true)
    expect(matcher.explain({ list }).matched).toBe(true)
  })
})

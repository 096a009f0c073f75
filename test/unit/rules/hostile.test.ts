import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { compileCondition } from '../../../src/runtime/rules/index.ts'
import { randomOf } from '../../bench/balancer/random.ts'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

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

  it('with a wide object is only looked through where it has all the fields that are asked for', () => {
    const wide = Object.fromEntries(long.map((i) => [`f${i}`, i]))
    const others = Array.from({ length: 900 }, (_, i) => ({ [`x${i}`]: 1 }))
    expect(compileCondition({ data: { $in: others } }, { steps: 2_000 }).matches({ data: wide })).toBe(false)
    const near = Array.from({ length: 900 }, (_, i) => ({ [`f${i}`]: i }))
    const matcher = compileCondition({ data: { $in: near } })
    expect(() => matcher.matches({ data: wide })).toThrow(tooExpensive)
    expect(matcher.matches({ data: { f899: 899 } })).toBe(true)
  })

  it('counts elements that are asked nothing', () => {
    const clauses = Array.from({ length: 900 }, () => ({ list: { $elemMatch: {} } }))
    expect(() => compileCondition({ $or: clauses }).matches({ list: long })).toThrow(tooExpensive)
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

describe('a hostile explanation', () => {
  const fat = Array.from({ length: 10 }, () =>
    Array.from({ length: 10 }, () => Array(10).fill('x'.repeat(60))),
  )

  it.each([
    ['the same value many times', { $or: Array(1_900).fill({ data: 1 }) }, fat],
    ['a long list that is expected', { $or: Array(1_000).fill({ data: 'x'.repeat(200) }) }, 1],
    [
      'elements of elements',
      {
        $or: Array(200).fill({
          data: { $elemMatch: { $elemMatch: { $elemMatch: { $gt: 'y', $lt: 'z' } } } },
        }),
      },
      fat,
    ],
    ['long paths', { $or: Array(1_900).fill({ [`data.${'x'.repeat(490)}`]: 1 }) }, fat],
    ['many fields', { $or: Array(1_900).fill({ data: 1 }) }, Object.fromEntries(Array(7_000).entries())],
  ])('shows no more than there is room for: %s', { timeout: DEADLINE }, (_, condition, data) => {
    const explained = compileCondition(condition).explain({ data })
    expect(explained.matched).toBe(false)
    expect(JSON.stringify(explained).length).toBeLessThan(3_000_000)
  })

  it('has an answer even for what it does not show', () => {
    const clauses = [...Array(1_900).fill({ 'data.list': 'y' }), { 'data.last': 1 }]
    const document = { data: { list: fat, last: 1 } }
    const explained = compileCondition({ $or: clauses }).explain(document)
    expect(explained.matched).toBe(true)
    expect(explained.parts?.[0]?.parts?.length).toBeLessThan(1_900)
    expect(compileCondition({ $nor: clauses }).explain(document).matched).toBe(false)
  })

  it('has its room again the next time', () => {
    const matcher = compileCondition({ $or: Array(1_900).fill({ data: 1 }) })
    const first = JSON.stringify(matcher.explain({ data: fat }))
    expect(JSON.stringify(matcher.explain({ data: fat }))).toBe(first)
  })
})

describe('many hostile patterns', () => {
  it('do not remember more the more of them a rule has', { timeout: 6 * DEADLINE }, () => {
    const random = randomOf(1)
    const text = Array.from({ length: 2_000 }, () => (random() < 0.5 ? 'a' : 'b')).join('')
    const grown = (patterns: number) => {
      const condition = { $or: Array(patterns).fill({ text: { $regex: '[ab]*a[ab]{12}[c-z]' } }) }
      const matcher = compileCondition(condition)
      gc()
      const before = process.memoryUsage().heapUsed
      expect(matcher.matches({ text })).toBe(false)
      gc()
      return [process.memoryUsage().heapUsed - before, matcher.matches({ text: 'abx' })] as const
    }
    const [bytes] = grown(200) // 120 MB when each of them keeps its own
    expect(bytes).toBeLessThan(40_000_000)
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

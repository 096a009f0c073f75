import { describe, expect, it } from 'vitest'
import { compileCondition } from '../../../src/runtime/rules/index.ts'
import { programSize } from '../../../src/runtime/rules/program-size.ts'
import { randomOf } from '../../bench/balancer/random.ts'

const has = (pattern: string, text: unknown, options?: string) =>
  compileCondition({ a: { $regex: pattern, ...(options !== undefined && { $options: options }) } }).matches({
    a: text,
  })

describe('a pattern', () => {
  it.each([
    ['^SPRING-', 'SPRING-24', '', true],
    ['^SPRING-', 'MY-SPRING-24', '', false],
    ['24$', 'SPRING-24', '', true],
    ['24$', 'SPRING-24\n', '', false],
    ['^a$', 'a', '', true],
    ['^a$', 'b\na\nb', '', false],
    ['^a$', 'b\na\nb', 'm', true],
    ['', 'anything', '', true],
    ['^$', '', '', true],
    ['spring', 'SPRING', '', false],
    ['spring', 'SPRING', 'i', true],
    ['größe', 'GRÖSSE GRÖẞE', 'i', true],
    ['a.b', 'a\nb', '', false],
    ['a.b', 'a\nb', 's', true],
    ['a\\.b', 'a.b', '', true],
    ['a\\.b', 'axb', '', false],
    ['1\\$', 'only 1$', '', true],
    ['^\\^x\\$$', '^x$', '', true],
    ['[0-9]{4}-[0-9]{2}', 'on 2024-03-20', '', true],
    ['^\\pL+$', 'Straße', '', true],
    ['^.$', '😀', '', true],
    ['😀$', 'ha 😀', '', true],
    ['(?i)spring', 'SPRING', '', true],
  ])('%j has %j with options %j: %j', (pattern, text, options, expected) => {
    expect(has(pattern, text, options)).toBe(expected)
  })

  it('is about texts only, and texts in lists', () => {
    expect(has('1', 1)).toBe(false)
    expect(has('', null)).toBe(false)
    expect(has('^b', ['a', 'b'])).toBe(true)
    expect(has('^b', { b: 'b' })).toBe(false)
  })

  it('answers alike in the fast way and in the engine', () => {
    const random = randomOf(7)
    const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] as string
    const word = (letters: readonly string[], most: number) =>
      Array.from({ length: Math.floor(random() * (most + 1)) }, () => pick(letters)).join('')
    for (let i = 0; i < 5_000; i++) {
      const pattern = pick(['', '^']) + word(['a', 'b', '\\.', '\\$', '😀', '\n', '-'], 3) + pick(['', '$'])
      const text = word(['a', 'b', '.', '$', '😀', '\n', '-', '\ud83d'], 5)
      expect(has(pattern, text), JSON.stringify([pattern, text])).toBe(has(`(?:)${pattern}`, text))
    }
  })

  it.each([
    ['x(?=y)', 'look-ahead and look-behind are not supported'],
    ['(?!y)', 'look-ahead and look-behind are not supported'],
    ['(?<=x)y', 'look-ahead and look-behind are not supported'],
    ['(?<!x)y', 'look-ahead and look-behind are not supported'],
    ['(a)\\1', 'back-references are not supported'],
    ['(?<n>a)\\k<n>', 'back-references are not supported'],
    ['(', 'missing closing )'],
    ['[a', 'missing closing ]'],
    ['a**', 'invalid nested repetition operator'],
    ['a\\', 'trailing backslash'],
    ['a{1001}', 'instructions'],
    ['(a{1000}){1000}', 'instructions'],
    ['((((((a{9}){9}){9}){9}){9}){9}', 'instructions'],
    [`(?:${'abc'.repeat(160)}){900}`, 'instructions'],
    ['a'.repeat(501), 'at most 500'],
  ])('is refused with the reason: %j', (pattern, reason) => {
    const refused = () => compileCondition({ 'data.code': { $regex: pattern } })
    expect(refused).toThrow(reason)
    expect(refused).toThrow(expect.objectContaining({ code: 'RULE_INVALID', field: 'data.code.$regex' }))
  })

  it('counts by what it compiles to', () => {
    const many = Array.from({ length: 30 }, () => ({ a: { $regex: '[ab]{900}' } }))
    expect(() => compileCondition({ $or: many })).toThrow(expect.objectContaining({ code: 'RULE_TOO_LARGE' }))
    expect(() => compileCondition({ $or: many.slice(20) })).not.toThrow()
  })
})

describe('ranges of characters in any case', () => {
  const wide = (pattern: string, $options?: string) => () =>
    compileCondition({
      $or: Array(20).fill({ a: { $regex: pattern, ...($options !== undefined && { $options }) } }),
    })

  it.each([
    ['[B-\\x{1E900}]', 'i'],
    ['[^B-𞤀]', 'i'],
    ['(?i)[Ā-￿][á-ꙁ]', undefined],
    ['(?s-m:(?mi:[B-𞤀]))', undefined],
    ['[\\x{1000}-\\x{010FFFF}]', 'ims'],
  ])('count by their length, which is what they take to compile: %s %s', (pattern, options) => {
    expect(wide(pattern, options)).toThrow(expect.objectContaining({ code: 'RULE_TOO_LARGE' }))
  })

  it.each([
    ['[B-\\x{1E900}]', ''],
    ['[a-z0-9_]+-[à-ÿ]', 'i'],
    ['^[а-яё]{3,}$', 'i'],
    ['[\\x00-\\x{7F}]', 'i'],
  ])('are taken when they are short, or of one case: %s %s', (pattern, options) => {
    expect(wide(pattern, options)).not.toThrow()
  })
})

describe('the size of a pattern', () => {
  it.each([
    ['abc', 3, 5],
    ['a{100}', 100, 110],
    ['(?:a{30}){30}', 900, 1_200],
    ['(?:ab|cd){10}', 40, 100],
    ['[a-z]{50}', 50, 60],
    ['[])]{50}', 50, 60],
    ['[[:alpha:](]{50}', 50, 60],
    ['[^\\])]{50}', 50, 60],
    ['\\Q(a)\\E{50}', 50, 600],
    ['(\\Q)\\Eaaaaaaaa){50}', 450, 1_000],
    ['\\p{Greek}{50}', 50, 60],
    ['\\x{1F600}{50}', 50, 60],
    ['a{2,}', 2, 8],
    ['a{,40}', 40, 50],
    ['a{x}', 2, 10],
    ['(((', 0, 10],
  ])('%j is between %i and %i', (pattern, least, most) => {
    expect(programSize(pattern)).toBeGreaterThanOrEqual(least)
    expect(programSize(pattern)).toBeLessThanOrEqual(most)
  })
})

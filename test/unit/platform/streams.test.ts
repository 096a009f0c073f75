import { describe, expect, it } from 'vitest'
import {
  BEGINNING,
  compareEntryIds,
  parseEntryId,
  toEntry,
} from '../../../src/runtime/platform/streams/index.ts'

describe('parseEntryId', () => {
  it('reads both numbers', () => {
    expect(parseEntryId('1732153000000-7')).toEqual([1732153000000, 7])
    expect(parseEntryId(BEGINNING)).toEqual([0, 0])
  })

  it.each([
    '',
    '1',
    '1-',
    '-1',
    '1-1-1',
    '$',
    '+',
    '1-a',
    ' 1-1',
    '1-1\n',
    '-1-1',
    '1.5-1',
    `${'1'.repeat(16)}-1`,
  ])('refuses %j', (text) => {
    expect(parseEntryId(text)).toBeUndefined()
  })
})

describe('compareEntryIds', () => {
  it('compares as numbers, first part first', () => {
    const ids = ['10-0', '2-5', '9-10', '9-9', '0-0']
    expect(ids.sort(compareEntryIds)).toEqual(['0-0', '2-5', '9-9', '9-10', '10-0'])
  })

  it('is 0 for the same place', () => {
    expect(compareEntryIds('5-1', '5-1')).toBe(0)
  })
})

describe('toEntry', () => {
  it('pairs fields with their values', () => {
    const entry = toEntry(['1-1', ['a', '1', 'b', '']])
    expect(entry.id).toBe('1-1')
    expect({ ...entry.fields }).toEqual({ a: '1', b: '' })
  })

  it('keeps the last of a repeated field and drops a field without a value', () => {
    expect({ ...toEntry(['1-1', ['a', '1', 'a', '2', 'odd']]).fields }).toEqual({ a: '2' })
  })

  it('has no fields but those of the entry, whatever they are called', () => {
    const { fields } = toEntry(['1-1', ['__proto__', 'x']])
    expect(fields.constructor).toBeUndefined()
    expect(Object.keys(fields)).toEqual(['__proto__'])
  })
})

import { describe, expect, it } from 'vitest'
import { entryIdAt } from '../../../src/runtime/bus/places.ts'

const MS = 1_767_268_800_000
const ISO = '2026-01-01T12:00:00Z'
const LAST = '18446744073709551615'

describe('a place in a stream', () => {
  it('is an entry id, whichever edge is asked for', () => {
    expect(entryIdAt(`${MS}-7`, 'first', 'from')).toBe(`${MS}-7`)
    expect(entryIdAt(`${MS}-7`, 'last', 'to')).toBe(`${MS}-7`)
    expect(entryIdAt('0-0', 'first', 'from')).toBe('0-0')
  })

  it.each([
    ['an ISO time', ISO],
    ['an ISO time of another zone', '2026-01-01T14:00:00+02:00'],
    ['a Date', new Date(MS)],
    ['milliseconds', MS],
    ['a fraction of a millisecond', MS + 0.7],
    ['milliseconds as text', String(MS)],
  ])('is %s: its first or last entry', (_, place) => {
    expect(entryIdAt(place, 'first', 'from')).toBe(`${MS}-0`)
    expect(entryIdAt(place, 'last', 'to')).toBe(`${MS}-${LAST}`)
  })

  it('is the last entry id there can be, as an answer may name it', () => {
    expect(entryIdAt(`${MS}-${LAST}`, 'last', 'to')).toBe(`${MS}-${LAST}`)
  })

  it('is a day', () => {
    expect(entryIdAt('2026-01-01', 'first', 'from')).toBe(`${Date.UTC(2026, 0, 1)}-0`)
  })

  it.each([
    ['nothing', ''],
    ['a word', 'yesterday'],
    ['a word and a number', 'entry 5'],
    ['half an entry id', `${MS}-`],
    ['two dashes', '1-2-3'],
    ['a negative time', -1],
    ['a negative number as text', '-5'],
    ['no number', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['no date', new Date('x')],
  ])('is not %s', (_, place) => {
    expect(() => entryIdAt(place, 'first', 'from')).toThrow(
      expect.objectContaining({ code: 'EVENT_CURSOR_INVALID', field: 'from' }),
    )
  })
})

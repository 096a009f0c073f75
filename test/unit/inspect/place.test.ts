import { describe, expect, it } from 'vitest'
import { parseIds, parsePlace } from '../../../src/runtime/inspect/place.ts'
import { minIdOf } from '../../../src/runtime/inspect/trim.ts'

describe('parsePlace', () => {
  it.each([
    ['first', { at: 'first' }],
    ['new', { at: 'new' }],
    ['0', { at: 'id', after: '0-0' }],
    ['1732153000000-7', { at: 'id', after: '1732153000000-7' }],
    ['1732153000000', { at: 'time', ms: 1_732_153_000_000 }],
    ['2024-11-21T01:36:40Z', { at: 'time', ms: 1_732_153_000_000 }],
    ['2024-11-21T02:36:40.500+01:00', { at: 'time', ms: 1_732_153_000_500 }],
    ['2024-11-21T01:36', { at: 'time', ms: Date.UTC(2024, 10, 21, 1, 36) }],
    ['2024-11-21', { at: 'time', ms: Date.UTC(2024, 10, 21) }],
  ])('understands %s', (text, place) => {
    expect(parsePlace(text)).toEqual(place)
  })

  it.each(['', 'last', '12', '1-', 'yesterday', '2024-13-41', '21.11.2024', '$', '>'])(
    'refuses %j',
    (text) => {
      expect(() => parsePlace(text)).toThrow(expect.objectContaining({ code: 'GROUP_PLACE_INVALID' }))
    },
  )
})

describe('parseIds', () => {
  it('takes complete ids only', () => {
    expect(parseIds(['1-0', '2-3'])).toEqual(['1-0', '2-3'])
    expect(() => parseIds(['1-0', '2'])).toThrow(expect.objectContaining({ code: 'ENTRY_ID_INVALID' }))
  })
})

describe('minIdOf', () => {
  it('is the first id of the time before which entries are too old', () => {
    expect(minIdOf(1_000, 5_000)).toBe('4000-0')
    expect(minIdOf(9_000, 5_000)).toBe('0-0')
  })
})

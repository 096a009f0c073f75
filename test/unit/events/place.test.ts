import { describe, expect, it } from 'vitest'
import { checkPlace, placeIn, type StreamState } from '../../../src/runtime/events/place.ts'

const stream = (changes: Partial<StreamState> = {}): StreamState => ({
  first: '10-0',
  last: '20-5',
  trimmed: true,
  ...changes,
})

describe('placeIn', () => {
  it.each([
    ['the beginning', 'first', stream(), { after: '0-0' }],
    ['the id before all', '0-0', stream(), { after: '0-0' }],
    ['what is new', 'new', stream(), { after: '20-5' }],
    ['what is new of a stream that is not there yet', 'new', undefined, { after: '0-0' }],
    ['an entry that is there', '10-0', stream(), { after: '10-0' }],
    ['the newest entry', '20-5', stream(), { after: '20-5' }],
    ['the place right before the first entry', '9-4', stream({ first: '9-5' }), { after: '9-4' }],
    ['an old id while nothing was trimmed', '5-0', stream({ trimmed: false }), { after: '5-0' }],
    ['the end of an empty stream', '20-5', stream({ first: null }), { after: '20-5' }],
  ])('goes on at %s', (_what, from, state, place) => {
    expect(placeIn(state, from)).toEqual(place)
  })

  it.each([
    ['entries behind the cursor are gone', '5-0', stream(), { after: '5-0', gap: 'trimmed' }],
    ['all entries are gone', '20-4', stream({ first: null }), { after: '20-4', gap: 'trimmed' }],
    ['the stream is gone', '5-0', undefined, { after: '0-0', gap: 'restarted' }],
    ['the stream has not come so far', '30-0', stream(), { after: '20-5', gap: 'restarted' }],
  ])('tells of a gap when %s', (_what, from, state, place) => {
    expect(placeIn(state, from)).toEqual(place)
  })
})

describe('checkPlace', () => {
  it.each(['first', 'new', '1-0', '1732153000000-12'])('takes %s', (text) => {
    expect(checkPlace(text, 'from')).toBe(text)
  })

  it.each(['', 'last', '5', '5-', '-', '1-0-0', '2026-11-21'])('refuses %j', (text) => {
    expect(() => checkPlace(text, 'from')).toThrow(
      expect.objectContaining({ code: 'EVENT_CURSOR_INVALID', field: 'from', status: 400 }),
    )
  })
})

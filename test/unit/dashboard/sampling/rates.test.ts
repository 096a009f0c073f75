import { describe, expect, it } from 'vitest'
import { inRate, lagOf, outRate, sumOrNull } from '../../../../src/runtime/dashboard/sampling/rates.ts'
import type { GroupReading, StreamReading } from '../../../../src/runtime/dashboard/sampling/readings.ts'
import { remember, rememberKnown } from '../../../../src/runtime/dashboard/sampling/ring.ts'
import { HISTORY } from '../../../../src/runtime/dashboard/snapshot.ts'

const stream = (given: Partial<StreamReading> = {}): StreamReading => ({
  ...{ length: 10, added: 10, groups: 1, weight: 0 },
  ...{ first_id: '1-0', last_id: '10-0', last_generated_id: '10-0' },
  ...given,
})
const group = (given: Partial<GroupReading> = {}): GroupReading => ({
  ...{ group: 'g', consumers: 1, pending: 0, last_delivered_id: '4-0', entries_read: 4, lag: 6 },
  ...given,
})

describe('entries added per second', () => {
  it('are what Redis has counted since the last reading, whatever was trimmed', () => {
    expect(inRate(stream({ added: 10 }), stream({ added: 30, length: 5 }), 2_000)).toBe(10)
    expect(inRate(stream(), stream(), 1_000)).toBe(0)
  })

  it('are unknown when the stream was made anew, or time stood still', () => {
    expect(inRate(stream({ added: 30 }), stream({ added: 2 }), 1_000)).toBeNull()
    expect(inRate(stream(), stream({ added: 11 }), 0)).toBeNull()
  })

  it('follow from lengths where Redis does not count, as long as nothing is removed', () => {
    const old = (length: number, last_generated_id: string) =>
      stream({ added: null, length, last_generated_id })
    expect(inRate(old(10, '10-0'), old(14, '14-0'), 2_000)).toBe(2)
    expect(inRate(old(10, '10-0'), old(9, '10-0'), 1_000)).toBe(0)
    expect(inRate(old(10, '10-0'), old(10, '14-0'), 1_000)).toBeNull()
  })
})

describe('entries delivered per second', () => {
  it('are what Redis has counted', () => {
    expect(outRate(group({ entries_read: 4 }), group({ entries_read: 9 }), 500)).toBe(10)
  })

  it('are none where nothing was delivered, and else unknown, where Redis has lost count', () => {
    const lost = (last_delivered_id: string) => group({ entries_read: null, last_delivered_id })
    expect(outRate(lost('4-0'), lost('4-0'), 1_000)).toBe(0)
    expect(outRate(lost('4-0'), lost('5-0'), 1_000)).toBeNull()
    expect(outRate(group(), group({ entries_read: 0, last_delivered_id: '0-0' }), 1_000)).toBeNull()
  })
})

describe('the lag of a group', () => {
  it('is what Redis says', () => {
    expect(lagOf(stream(), 10, group())).toBe(6)
  })

  it('is known at sight when all is read, or nothing, although Redis has no number', () => {
    expect(lagOf(stream(), 10, group({ lag: null, last_delivered_id: '10-0' }))).toBe(0)
    expect(lagOf(stream(), 10, group({ lag: null, last_delivered_id: '0-0' }))).toBe(10)
    expect(
      lagOf(stream({ length: 3, first_id: '8-0' }), 3, group({ lag: 8, last_delivered_id: '2-0' })),
    ).toBe(3)
  })

  it('is unknown when Redis has no number, or one that cannot be', () => {
    expect(lagOf(stream(), 10, group({ lag: null }))).toBeNull()
    expect(lagOf(stream(), 10, group({ lag: 11 }))).toBeNull()
  })

  it('is what Redis says where nothing current is known of the stream', () => {
    expect(lagOf(undefined, 10, group({ last_delivered_id: '0-0' }))).toBe(6)
    expect(lagOf(undefined, 10, group({ lag: null }))).toBeNull()
  })

  it('of several groups is their sum, unknown when one is', () => {
    expect(sumOrNull([1, 2])).toBe(3)
    expect(sumOrNull([])).toBe(0)
    expect(sumOrNull([1, null])).toBeNull()
  })
})

describe('a history', () => {
  it('keeps the newest values only, and never changes one that was handed out', () => {
    let history: number[] = []
    for (let i = 0; i < HISTORY; i++) history = remember(history, i)
    const before = history
    history = remember(history, HISTORY)
    expect(history).toHaveLength(HISTORY)
    expect([history[0], history.at(-1)]).toEqual([1, HISTORY])
    expect([before.length, before[0]]).toEqual([HISTORY, 0])
    expect(rememberKnown([1, 2], null)).toEqual([1, 2])
  })
})

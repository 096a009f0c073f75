import { describe, expect, it } from 'vitest'
import { type Cursor, moved, movedToEnd, placeOf, START } from '../../../../src/ui/dash/state/cursor.ts'

const keys = (count: number, prefix = 'k') => Array.from({ length: count }, (_, at) => `${prefix}${at}`)
const PAGE = 5

function walk(from: Cursor, lines: readonly (string | null)[], ...steps: number[]): Cursor {
  return steps.reduce((cursor, by) => moved(cursor, lines, PAGE, by), from)
}

describe('the selected line of a table', () => {
  it('moves and scrolls no further than it takes', () => {
    const cursor = walk(START, keys(20), 1, 1, 1, 1)
    expect(placeOf(cursor, keys(20), PAGE)).toEqual({ row: 4, top: 0 })
    expect(placeOf(walk(cursor, keys(20), 1), keys(20), PAGE)).toEqual({ row: 5, top: 1 })
    expect(placeOf(walk(cursor, keys(20), 1, -1), keys(20), PAGE)).toEqual({ row: 4, top: 1 })
  })

  it('stops at both ends', () => {
    expect(placeOf(walk(START, keys(20), -3), keys(20), PAGE)).toEqual({ row: 0, top: 0 })
    expect(placeOf(walk(START, keys(20), 100), keys(20), PAGE)).toEqual({ row: 19, top: 15 })
    expect(movedToEnd(START, keys(20), PAGE, 'last').selected).toBe('k19')
    expect(movedToEnd(walk(START, keys(20), 9), keys(20), PAGE, 'first').selected).toBe('k0')
  })

  it('is found by its key wherever it went', () => {
    const cursor = walk(START, keys(20), 3)
    const sorted = keys(20).reverse()
    expect(placeOf(cursor, sorted, PAGE)).toEqual({ row: 16, top: 12 })
    expect(placeOf(cursor, ['new', ...keys(20)], PAGE)).toEqual({ row: 4, top: 0 })
  })

  it('hands over to the one that took its place when it is gone', () => {
    const cursor = walk(START, keys(20), 3)
    const without = keys(20).filter((key) => key !== 'k3')
    expect(placeOf(cursor, without, PAGE).row).toBe(3)
    expect(placeOf(cursor, ['only'], PAGE)).toEqual({ row: 0, top: 0 })
    expect(placeOf(cursor, [], PAGE).row).toBe(-1)
  })

  it('stays at the top until somebody moves it', () => {
    expect(placeOf(START, keys(20, 'other'), PAGE)).toEqual({ row: 0, top: 0 })
    expect(placeOf(START, keys(20).reverse(), PAGE)).toEqual({ row: 0, top: 0 })
  })

  it('survives an empty list', () => {
    const cursor = walk(walk(START, keys(20), 3), [], 1, -1)
    expect(placeOf(cursor, keys(20), PAGE).row).toBe(3)
  })
})

describe('the end of logs', () => {
  it('is followed until one moves away from it', () => {
    const following = { ...START, follow: true }
    expect(placeOf(following, keys(20), PAGE)).toEqual({ row: 19, top: 15 })
    expect(placeOf(following, keys(23), PAGE)).toEqual({ row: 22, top: 18 })
    const stopped = walk(following, keys(20), -1)
    expect(stopped.follow).toBe(false)
    expect(placeOf(stopped, keys(23), PAGE)).toEqual({ row: 18, top: 15 })
    // Old lines have gone meanwhile.
    expect(placeOf(stopped, keys(23).slice(10), PAGE)).toEqual({ row: 8, top: 8 })
  })
})

describe('a page of which some lines can be selected', () => {
  const page = ['a', null, null, 'b', ...Array.from({ length: 20 }, () => null), 'c']

  it('is walked from one to the next', () => {
    const first = walk(START, page, 1)
    expect(first.selected).toBe('b')
    expect(walk(first, page, -1).selected).toBe('a')
  })

  it('is scrolled where the next one is too far away', () => {
    const cursor = walk(START, page, 1, 1)
    expect(cursor.selected).toBe('b')
    expect(placeOf(cursor, page, PAGE)).toEqual({ row: 3, top: 1 })
    const far = walk(cursor, page, ...Array.from({ length: 40 }, () => 1))
    expect(far.selected).toBe('c')
    expect(placeOf(far, page, PAGE).top).toBe(20)
  })

  it('is scrolled by pages and to its ends', () => {
    expect(placeOf(walk(START, page, 5), page, PAGE).top).toBe(5)
    expect(placeOf(movedToEnd(START, page, PAGE, 'last'), page, PAGE)).toEqual({ row: 24, top: 20 })
  })

  it('has its first and its last line selected by the keys for its ends', () => {
    const short = [null, 'a', 'b', 'c', null]
    const last = movedToEnd(START, short, 10, 'last')
    expect(placeOf(last, short, 10)).toEqual({ row: 3, top: 0 })
    expect(placeOf(movedToEnd(last, short, 10, 'first'), short, 10)).toEqual({ row: 1, top: 0 })
    // Nothing that can be selected is near the end.
    const long = ['a', ...Array.from({ length: 20 }, () => null)]
    expect(placeOf(movedToEnd(START, long, PAGE, 'last'), long, PAGE)).toEqual({ row: 0, top: 16 })
  })

  it('is scrolled where nothing can be selected at all', () => {
    const text = Array.from({ length: 12 }, () => null)
    expect(placeOf(walk(START, text, 1, 1), text, PAGE)).toEqual({ row: -1, top: 2 })
    expect(placeOf(walk(START, text, 100), text, PAGE)).toEqual({ row: -1, top: 7 })
    expect(placeOf({ ...START, follow: true }, text, PAGE)).toEqual({ row: -1, top: 7 })
  })
})

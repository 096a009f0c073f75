import { describe, expect, it } from 'vitest'
import { duration, formatDuration, parseDuration } from '../../../src/runtime/kernel/index.ts'

describe('parseDuration', () => {
  it.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['1500', 1_500],
    ['0', 0],
    ['0s', 0],
    ['  5s  ', 5_000],
    ['0.4ms', 0],
  ])('reads %j as %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each(['', 's', '-1s', '+1s', '1 s', '1S', '1w', '1e3', '.5s', '1.s', '1s2m', 'NaN', 'Infinity', '٣s'])(
    'refuses %j',
    (text) => {
      expect(parseDuration(text)).toBeUndefined()
    },
  )
})

describe('formatDuration', () => {
  it.each([
    [0, '0ms'],
    [1, '1ms'],
    [999, '999ms'],
    [1_000, '1s'],
    [1_500, '1500ms'],
    [60_000, '1m'],
    [90_000, '90s'],
    [3_600_000, '1h'],
    [86_400_000, '1d'],
    [86_401_000, '86401s'],
  ])('writes %d ms as %j', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })

  it('is read back to the same number', () => {
    for (const ms of [0, 7, 1_000, 1_234, 65_000, 3_600_000, 172_800_000]) {
      expect(parseDuration(formatDuration(ms))).toBe(ms)
    }
  })
})

describe('a setting of type duration', () => {
  it('takes text with a unit, and numbers of milliseconds', () => {
    expect(duration().parse('2s')).toBe(2_000)
    expect(duration().parse(250)).toBe(250)
  })

  it.each(['soon', -1, Number.NaN, Number.POSITIVE_INFINITY, '9'.repeat(400), true, null, {}])(
    'refuses %j',
    (value) => {
      expect(duration().safeParse(value).success).toBe(false)
    },
  )

  it('has bounds: its own least, and the longest that timers understand', () => {
    expect(duration('1s').safeParse('999ms').error?.issues[0]?.message).toContain('between 1s and 24d')
    expect(duration('1s').parse('1s')).toBe(1_000)
    expect(duration().safeParse('30d').success).toBe(false)
    expect(duration().parse(1.5)).toBe(2)
  })

  it('says what it expects', () => {
    expect(duration().safeParse('soon').error?.issues[0]?.message).toContain('500ms, 30s, 5m or 1h')
  })
})

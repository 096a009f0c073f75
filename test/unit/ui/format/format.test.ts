import stringWidth from 'string-width'
import { describe, expect, it } from 'vitest'
import { age, ageOf, milliseconds } from '../../../../src/ui/format/duration.ts'
import { clip, clipMiddle, fit as fitted, widthOf, wrap } from '../../../../src/ui/format/fit.ts'
import { ASCII, glyphsOf, UNICODE } from '../../../../src/ui/format/glyphs.ts'
import { bytes, compact, decimal, percent, rate } from '../../../../src/ui/format/number.ts'
import { plain, plainLines } from '../../../../src/ui/format/plain.ts'
import { sparkline } from '../../../../src/ui/format/sparkline.ts'

describe('sparkline', () => {
  const draw = (values: (number | null)[], width = values.length) => sparkline(values, width, UNICODE.levels)

  it('draws zero lowest, the highest full, and shows whatever is above zero', () => {
    expect(draw([0, 1, 4, 8])).toBe('▁▂▅█')
    expect(draw([0, 0.001, 1_000_000])).toBe('▁▂█')
    expect(draw([0, 0, 0])).toBe('▁▁▁')
    expect(draw([5, 5])).toBe('██')
  })

  it('keeps the newest at the right and fills up at the left', () => {
    expect(draw([1, 2], 5)).toBe('   ▅█')
    expect(draw([9, 0, 0, 1], 2)).toBe('▁█')
    expect(draw([], 3)).toBe('   ')
    expect(draw([1, 2], 0)).toBe('')
    expect(draw([1, 2], -1)).toBe('')
  })

  it('leaves gaps blank and survives what is no number', () => {
    expect(draw([null, 1, null])).toBe(' █ ')
    expect(draw([Number.NaN, -3, 2, Number.POSITIVE_INFINITY])).toBe(' ▁██')
  })

  it('has a form for terminals without Unicode', () => {
    expect(sparkline([0, 1, 4, 8], 4, ASCII.levels)).toBe('_.=#')
  })
})

describe('glyphs', () => {
  it.each([
    [{}, UNICODE],
    [{ LANG: 'en_GB.UTF-8' }, UNICODE],
    [{ LANG: 'de_DE.utf8' }, UNICODE],
    [{ LANG: 'C' }, ASCII],
    [{ LANG: 'en_GB.UTF-8', LC_ALL: 'POSIX' }, ASCII],
    [{ LC_CTYPE: 'C.UTF-8', LANG: 'C' }, UNICODE],
    [{ LANG: 'C.UTF-8', TERM: 'linux' }, ASCII],
  ])('%j', (env, glyphs) => {
    expect(glyphsOf(env)).toBe(glyphs)
  })
})

describe('numbers', () => {
  it.each([
    [null, '-'],
    [undefined, '-'],
    [Number.NaN, '-'],
    [0, '0'],
    [9_999, '9999'],
    [10_000, '10.0k'],
    [12_345, '12.3k'],
    [99_949, '99.9k'],
    [99_950, '100k'],
    [999_499, '999k'],
    [999_950, '1.00M'],
    [1_234_567, '1.23M'],
    [5e15, '5.00P'],
    [-12_345, '-12.3k'],
    [Number.POSITIVE_INFINITY, '∞'],
  ])('compact(%s) is %s', (value, text) => {
    expect(compact(value)).toBe(text)
  })

  it('never takes more than five characters below the largest unit', () => {
    for (let exponent = 0; exponent < 17.9; exponent += 0.013)
      expect(compact(10 ** exponent).length).toBeLessThanOrEqual(5)
  })

  it.each([
    [0, '0'],
    [0.004, '<0.01'],
    [0.25, '0.25'],
    [0.999, '1'],
    [3.44, '3.4'],
    [12.6, '13'],
    [12_345.6, '12.3k'],
    [null, '-'],
  ])('decimal(%s) is %s', (value, text) => {
    expect(decimal(value)).toBe(text)
  })

  it('rates, sizes and shares', () => {
    expect([rate(3.44), rate(null), rate(12_345)]).toEqual(['3.4/s', '-', '12.3k/s'])
    expect([0, 1023, 5825, 1024 ** 2 * 512, 1024 ** 4 * 3, null].map(bytes)).toEqual([
      '0 B',
      '1023 B',
      '5.7 KB',
      '512 MB',
      '3.0 TB',
      '-',
    ])
    expect([0, 0.0003, 0.003, 0.5, 0.9951, 0.9999, 1, 1.5, null].map(percent)).toEqual([
      '0%',
      '<0.1%',
      '0.3%',
      '50%',
      '99.5%',
      '>99.9%',
      '100%',
      '150%',
      '-',
    ])
  })
})

describe('durations', () => {
  it('ages have two units at most', () => {
    expect(
      [0, 59_999, 60_000, 75_000, 3_600_000, 8_040_000, 86_399_000, 442_800_000, -5_000, null].map(age),
    ).toEqual(['0s', '59s', '1m0s', '1m15s', '1h0m', '2h14m', '23h59m', '5d3h', '0s', '-'])
    expect(ageOf('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:01:15Z'))).toBe('1m15s')
    expect(ageOf('never', 0)).toBe('-')
  })

  it('latencies have their unit', () => {
    expect([0, 0.004, 0.42, 3.44, 34.44, 340.4, 1_250, 12_345, 125_000, null].map(milliseconds)).toEqual([
      '0 ms',
      '<0.01 ms',
      '0.42 ms',
      '3.4 ms',
      '34.4 ms',
      '340 ms',
      '1.25 s',
      '12.3 s',
      '2m5s',
      '-',
    ])
  })
})

describe('plain', () => {
  it('makes what steers a terminal visible', () => {
    expect(plain('a\u001b[2Jb\u0007\u009b31m\u007f')).toBe('a␛[2Jb␇\ufffd31m␡')
    expect(plain('one\r\ntwo\nthree\tfour\r')).toBe('one␊two␊three four␍')
    expect(plain('a\u2028b')).toBe('a␊b')
  })

  it('drops what reorders or hides text, and keeps joined emoji', () => {
    expect(plain('user\u202etxt.exe\u2066\u200b\ufeff')).toBe('usertxt.exe')
    expect(plain('👩‍👩‍👧 日本')).toBe('👩‍👩‍👧 日本')
  })

  it('replaces halves of surrogate pairs, also where it cuts', () => {
    expect(plain('a\ud83d')).toBe('a\ufffd')
    expect(plain('\udc00b')).toBe('\ufffdb')
    expect(plain('😀'.repeat(5_000)).isWellFormed()).toBe(true)
    expect(plain(`x${'😀'.repeat(5_000)}`).isWellFormed()).toBe(true)
  })

  it('leaves nothing that a terminal would act on, whatever comes', () => {
    for (let code = 0; code < 0x3000; code++) {
      const text = plain(`a${String.fromCodePoint(code)}b`)
      expect(text, code.toString(16)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
    }
  })

  it('splits lines and says what it left out', () => {
    expect(plainLines('a\r\nb\u001b\rc')).toEqual(['a', 'b␛', 'c'])
    const long = plainLines('x'.repeat(40_000))
    expect(long.at(-1)).toBe('… and 7232 more characters')
  })
})

describe('fit', () => {
  it('keeps both ends of a name', () => {
    expect(clipMiddle('agent:stream:evaluation.started', 16)).toBe('agent…on.started')
    expect(clipMiddle('short', 16)).toBe('short')
    expect(clipMiddle('日本語日本語日本語', 10)).toBe('日…日本語')
    expect(clipMiddle('abcdef', 3)).toBe('ab…')
    for (let width = 0; width < 20; width++) {
      expect(widthOf(clipMiddle('👨‍👩‍👧 wide 日本語 names', width))).toBeLessThanOrEqual(width)
    }
  })

  it('cuts and pads by what is seen', () => {
    expect(fitted('abc', 5)).toBe('abc  ')
    expect(fitted('abc', 5, 'right')).toBe('  abc')
    expect(fitted('abcdef', 4)).toBe('abc…')
    expect(fitted('日本語', 4)).toBe('日… ')
    expect(fitted('日本語', 6)).toBe('日本語')
    expect(fitted('👩‍👩‍👧👩‍👩‍👧', 3)).toBe('👩‍👩‍👧…')
    expect(fitted('e\u0301e\u0301e\u0301', 2)).toBe('e\u0301…')
    expect(fitted('abc', 1)).toBe('…')
    expect(fitted('abc', 0)).toBe('')
    expect(clip('', 0)).toBe('')
  })

  it('takes exactly the width asked for, whatever comes', () => {
    const parts = ['a', ' ', '日', '👩‍👩‍👧', 'e\u0301', '🇩🇪', 'ｶﾞ', 'ก็', '\ufffd', '한', '☺️', 'क्ष', '1️⃣']
    let seed = 1
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed / 2_147_483_647
    }
    for (let round = 0; round < 400; round++) {
      const text = Array.from({ length: 1 + random() * 12 }, () => parts[Math.floor(random() * parts.length)])
      const width = Math.floor(random() * 16)
      expect(stringWidth(fitted(text.join(''), width)), JSON.stringify(text)).toBe(width)
      for (const line of wrap(text.join(''), Math.max(2, width)))
        expect(widthOf(line), JSON.stringify(text)).toBeLessThanOrEqual(Math.max(2, width))
    }
  })

  it('wraps at spaces where little is lost', () => {
    expect(wrap('the quick brown fox', 10)).toEqual(['the quick', 'brown fox'])
    expect(wrap('abcdefghijkl', 5)).toEqual(['abcde', 'fghij', 'kl'])
    expect(wrap('a bcdefghijkl', 6)).toEqual(['a bcde', 'fghijk', 'l'])
    expect(wrap('', 5)).toEqual([''])
    expect(wrap('日本', 1)).toEqual(['日', '本'])
  })

  it('wraps a long text quickly', { timeout: 60_000 }, () => {
    const began = performance.now()
    const lines = wrap('日本語 text '.repeat(3_000), 80)
    expect(lines.length).toBeGreaterThan(400)
    expect(performance.now() - began).toBeLessThan(20_000)
  })
})

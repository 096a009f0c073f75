import { describe, expect, it } from 'vitest'
import type { AgentctlError } from '../../../src/runtime/kernel/index.ts'
import { checkThresholds, parseThresholds } from '../../../src/runtime/loadtest/thresholds.ts'
import { loadResultOf } from '../../support/load-result.ts'

const measured = { series: ['latency', 'first_token', 'service'], counters: ['tokens'] }
/** 1 … 1,000 ms. */
const thousand = loadResultOf(Array.from({ length: 1_000 }, (_, i) => i + 1))

function check(expression: string, result = thousand) {
  return checkThresholds(parseThresholds([expression], measured), result)
}

function refusal(text: string): AgentctlError {
  try {
    parseThresholds([text], measured)
  } catch (error) {
    return error as AgentctlError
  }
  throw new Error(`${text} was accepted`)
}

describe('a threshold', () => {
  it.each([
    ['p50<501ms', true],
    ['p50 <= 501ms', true],
    ['p50<400', false],
    ['p95<1s', true],
    ['p99 < 0.5s', false],
    ['p99.9>=999ms', true],
    ['p999>998', true],
    ['p75>749ms', true],
    ['p75<749ms', false],
    ['max<=1s', true],
    ['min>=1000us', true],
    ['mean<501', true],
    ['avg>500ms', true],
    ['latency.p99<1m', true],
    ['errors<1%', true],
    ['errors<1', true],
    ['success>99.9%', true],
    ['rate>99/s', true],
    ['rate>=101', false],
    ['count>999', true],
    ['P99<1S', true],
  ])('%s: %s', (expression, passed) => {
    expect(check(expression)).toMatchObject([{ passed }])
  })

  it('tells the value in the unit of its kind: milliseconds, percent', () => {
    const result = loadResultOf([10, 20], { total: 4, failed: 1, unsent: 1 })
    expect(check('errors<1%', result)).toEqual([{ expression: 'errors<1%', passed: false, value: 50 }])
    expect(check('errors<3', result)).toEqual([{ expression: 'errors<3', passed: true, value: 2 }])
    expect(check('max<15ms', result)).toEqual([{ expression: 'max<15ms', passed: false, value: 20 }])
  })

  it('may stand beside others in one text', () => {
    const texts = ['p99<500ms errors<1%', 'rate>100,tokens>5;max < 2 s', 'p50<1s && success>99%']
    expect(parseThresholds(texts).map(({ expression }) => expression)).toEqual([
      ...['p99<500ms', 'errors<1%', 'rate>100', 'tokens>5', 'max<2s', 'p50<1s', 'success>99%'],
    ])
  })

  it('is about another series, or a counter', () => {
    const result = loadResultOf([1_000], {
      series: { ...thousand.series, first_token: loadResultOf([200]).series.latency as never },
      counters: { tokens: 7 },
    })
    expect(check('first_token.p95<1s', result)).toMatchObject([{ passed: true }])
    expect(check('tokens>=8', result)).toEqual([{ expression: 'tokens>=8', passed: false, value: 7 }])
  })

  it('fails where there is nothing to look at', () => {
    const nothing = loadResultOf([])
    for (const expression of ['p99<500ms', 'errors<1%', 'rate<5', 'success>1%', 'service.p50<1s']) {
      expect(check(expression, nothing)).toEqual([{ expression, passed: false, value: null }])
    }
    expect(check('first_token.p50<1s')).toEqual([
      { expression: 'first_token.p50<1s', passed: false, value: null },
    ])
  })
})

describe('a threshold that cannot be understood', () => {
  it.each([
    ['p99', 'expected a name'],
    ['<5ms', 'expected a name'],
    ['p99=5ms', 'expected a name'],
    ['p99<fast', 'expected a name'],
    ['p100<5ms', 'neither a percentile'],
    ['p99<5%', 'no unit of time'],
    ['errors<5ms', 'plain number'],
    ['success>99', 'takes a percentage'],
    ['success>101%', 'more than 100'],
    ['rate>5%', 'plain number'],
    ['first.p99<1s', 'only latency, first_token, service'],
    ['latency.errors<1%', 'no percentile'],
    ['speed>5', 'errors, success, rate, count, tokens'],
    [' ', 'empty'],
  ])('%j is named, with what is wrong: %s', (text, why) => {
    const error = refusal(text)
    expect(error.code).toBe('LOADTEST_THRESHOLD_INVALID')
    expect(error.message).toContain(`"${text}"`)
    expect(error.message).toContain(why)
  })

  it('is named among good ones', () => {
    expect(refusal('p99<500ms, bogus<1').message).toMatch(/^"bogus<1"/)
  })
})

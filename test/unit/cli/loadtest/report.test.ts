import { describe, expect, it } from 'vitest'
import { headingLines } from '../../../../src/cli/loadtest/report/heading.ts'
import { percent } from '../../../../src/cli/loadtest/report/numbers.ts'
import { reportLines } from '../../../../src/cli/loadtest/report/report.ts'
import { thresholdText } from '../../../../src/cli/loadtest/report/verdict.ts'
import { wrapped } from '../../../../src/cli/loadtest/report/wrapped.ts'
import { LATENCY, OPEN, PLAN, resultOf } from '../../../support/load-results.ts'

/** The report as people know it, to the letter. */
const REPORT = `RAG System Load Test
============================================================
Target: http://localhost:8000/query
Concurrency: 50 requests
Starting test...

============================================================
Load Test Results
============================================================
Total Duration:    15.23s
Total Requests:    50
Successful:        50 (100.0%)
Failed:            0 (0.0%)

Latency Statistics (ms):
  Min:             245.67
  P50 (Median):    312.45
  P95:             478.23
  P99:             523.89
  Max:             534.12
  Average:         320.15

Throughput:        3.28 req/s
============================================================
`

const textOf = (lines: readonly string[]) => `${lines.join('\n')}\n`

describe('the plain report', () => {
  it('begins as it is known', () => {
    const all = textOf([...headingLines(PLAN), ...reportLines(resultOf())])
    expect(all.slice(0, REPORT.length)).toBe(REPORT)
  })

  it('says below what else is known, in lines that are not too long', () => {
    const gap = { ...LATENCY, title: 'Gap between tokens', count: 950, uncertain: [] }
    const text = textOf(
      reportLines(
        resultOf({
          ...{ total: 60, failed: 7, unfinished: 2, unsent: 1 },
          series: { latency: LATENCY, gap, first_token: { ...gap, count: 0 } },
          counters: { tokens: 1_000, cached_answer: 25, lost: 0 },
          errors: [
            { cause: 'HTTP 503 QUERY_NO_REPLICA', count: 6 },
            { cause: 'timeout', count: 1 },
          ],
          thresholds: [
            { expression: 'p99<500ms', passed: false, value: 523.89 },
            { expression: 'errors<20%', passed: true, value: 16.6667 },
          ],
        }),
      ),
    )
    expect(text).toContain('Successful:        50 (83.3%)\nFailed:            7 (11.7%)\n')
    expect(text).toContain('Unfinished:        2 (3.3%)\nNever sent:        1 (1.7%)\n\nLatency')
    expect(text).toMatch(/measured \(ms\) +name +count +p50 .*\nGap between tokens +gap +950 +312\.45 /)
    expect(text).not.toContain('first_token')
    expect(text).toContain('tokens: 1000\nFrom the cache, answer: 25 of 50 (50.0%)\n')
    expect(text).toContain('Errors:\n  6  HTTP 503 QUERY_NO_REPLICA\n  1  timeout\n')
    expect(text).toContain('Use --rate')
    expect(text).toContain('2 requests were under way when it ended: they are in no percentile.\n')
    expect(text).toContain('1 request was due and never sent: it is in no percentile.\n')
    expect(text.replaceAll('\n', ' ')).toContain('P99 of 50 samples is little more than the largest')
    expect(text).toContain('Thresholds:\n  ✗ p99<500ms: 523.89 ms\n  ✓ errors<20%: 16.67%\n')
    expect(text.split('\n').filter((line) => line.length > 100)).toEqual([])
  })

  it('says how an open loop was paced, and why it is not to be trusted', () => {
    const validity = {
      ...{ valid: false, reasons: ['Only 91.0 % of what was due was begun in time.', 'It was busy.'] },
      ...{ achieved: 0.91, schedule_lag_ms: 30.123, event_loop_ms: 25, cpu: 0.99, peak_in_flight: 120 },
    }
    const text = textOf(reportLines(resultOf({ plan: { ...PLAN, load: OPEN }, validity })))
    expect(text.replace(/\n\s*/g, ' ')).toContain(
      'Begun: 91% of what was due, p99 30.12 ms late; at most 120 under way.',
    )
    expect(text).toContain(
      'INVALID: these figures are not to be trusted.\n  - Only 91.0 % of what was due was begun in time.\n  - It was busy.\n',
    )
    expect(text).not.toContain('Use --rate')
  })

  it('has no figures where nothing has succeeded', () => {
    const none = { ...LATENCY, count: 0, p99: Number.NaN, min: Number.NaN }
    const text = textOf(
      reportLines(resultOf({ succeeded: 0, failed: 50, rate: 0, series: { latency: none } })),
    )
    expect(text).toContain(
      'Latency Statistics (ms):\n  No request has succeeded.\n\nThroughput:        0.00 req/s',
    )
    expect(text).not.toMatch(/NaN|P99 of/)
  })
})

describe('the heading', () => {
  it.each([
    ['query', 'RAG System Load Test', 'http://localhost:8000/query'],
    ['chat', 'Chat Load Test', 'http://localhost:8000/stream'],
    ['eval', 'Code Evaluation Load Test', 'http://localhost:8000/api/eval'],
    ['events', 'Event Load Test', 'http://localhost:8000/events'],
    ['url', 'HTTP Load Test', 'http://localhost:8000'],
  ] as const)('of %s', (scenario, title, target) => {
    const lines = headingLines({ ...PLAN, scenario })
    expect([lines[0], lines[2]]).toEqual([title, `Target: ${target}`])
  })

  it('tells the load', () => {
    expect(headingLines({ ...PLAN, load: OPEN, warmup: 1_500 }).slice(3, -2)).toEqual([
      'Rate: 200 requests/s (poisson) for 30s',
      'Ramp: 5s',
      'Warm-up: 1500ms',
    ])
    const load = { kind: 'closed' as const, concurrency: 5, requests: 1_000, duration: 60_000 }
    expect(headingLines({ ...PLAN, load }).slice(3, -2)).toEqual([
      'Concurrency: 5 requests',
      'Amount: 1000 requests, at most 1m',
    ])
  })
})

describe('figures', () => {
  it('never show almost everything as everything, nor something as nothing', () => {
    expect([
      percent(99_999, 100_000),
      percent(1, 100_000),
      percent(0, 5),
      percent(5, 5),
      percent(0, 0),
    ]).toEqual(['99.9%', '0.1%', '0.0%', '100.0%', '0.0%'])
  })

  it.each([
    ['p99<500ms', 12.3456, '✓ p99<500ms: 12.35 ms'],
    ['first_token.p99.9<1s', 800, '✓ first_token.p99.9<1s: 800 ms'],
    ['errors<1%', 0.5, '✓ errors<1%: 0.5%'],
    ['errors<5', 3, '✓ errors<5: 3'],
    ['success>=99.9%', 100, '✓ success>=99.9%: 100%'],
    ['rate>100', 150.5, '✓ rate>100: 150.5/s'],
    ['lost<1', null, '✓ lost<1: nothing was measured'],
    ['p99<1\u001b[2J', 2, '✓ p99<1\ufffd[2J: 2 ms'],
  ])('of the threshold %j', (expression, value, text) => {
    expect(thresholdText({ expression, passed: true, value })).toBe(text)
  })
})

describe('wrapping', () => {
  it('keeps words whole and what belongs together indented', () => {
    const long = `  - ${'word '.repeat(40).trim()}`
    const lines = wrapped(long, '    ')
    expect(lines.length).toBe(3)
    expect(lines.every((line) => line.length <= 78)).toBe(true)
    expect(lines.map((line) => line.replace(/^( *(?:- )?).*/, '$1'))).toEqual(['  - ', '    ', '    '])
    expect(
      lines
        .join(' ')
        .split(/\s+/)
        .filter((word) => word === 'word'),
    ).toHaveLength(40)
    expect(wrapped('short')).toEqual(['short'])
    expect(wrapped(`a ${'x'.repeat(100)} b`)).toEqual(['a', 'x'.repeat(100), 'b'])
  })
})

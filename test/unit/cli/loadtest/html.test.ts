import { describe, expect, it } from 'vitest'
import { condensed } from '../../../../src/cli/loadtest/html/condensed.ts'
import { htmlPage } from '../../../../src/cli/loadtest/html/page.ts'
import { roundUp } from '../../../../src/cli/loadtest/html/scale.ts'
import { latencyChart, rateChart } from '../../../../src/cli/loadtest/html/timeline-chart.ts'
import { markWorse } from '../../../../src/cli/loadtest/report/comparison.ts'
import { boundsOf, compareResults, type Second } from '../../../../src/runtime/loadtest/index.ts'
import { PLAN, resultOf, seriesOfAll } from '../../../support/load-results.ts'

const second = (i: number, changes: Partial<Second> = {}): Second => ({
  ...{ second: i, succeeded: 10, failed: 0, p50: 5, p99: 9, in_flight: 1 },
  ...changes,
})

const latency = seriesOfAll('Answer', [0, 0.4, 3, 3.1, 90, 5_000_000])
const full = resultOf({
  series: { latency },
  timeline: [second(0), second(1, { succeeded: 0, failed: 4, p50: null, p99: null }), second(2)],
  errors: [{ cause: '<script>alert("x")</script> & \u001b[2J', count: 4 }],
  thresholds: [{ expression: 'p99<1s', passed: false, value: 5_000_000 }],
  plan: { ...PLAN, options: { query: ['</pre><img src=x onerror=alert(1)>'] } },
})

/** Every element is closed, in order; what has no content is exempt. */
function unclosed(page: string): string[] {
  const open: string[] = []
  for (const [, end, name = '', self] of page.matchAll(/<(\/)?([a-z][a-z0-9]*)\b[^<>]*?(\/)?>/g)) {
    if (self !== undefined || name === 'meta') continue
    if (end === undefined) open.push(name)
    else if (open.pop() !== name) return [`</${name}>`]
  }
  return open
}

describe('the HTML report', () => {
  it('is one page that needs nothing else, and is well formed', () => {
    const comparison = markWorse(compareResults(full, full), 10)
    for (const page of [
      htmlPage({ result: full, comparison, boundsOf }),
      htmlPage({ result: resultOf(), boundsOf }),
    ]) {
      expect(unclosed(page)).toEqual([])
      expect(page).not.toMatch(/<script|<link|@import|url\(|src=["']?(?!x)/)
      expect(page).not.toMatch(/NaN|Infinity|undefined/)
    }
  })

  it('shows data as it is, and runs none of it', () => {
    const page = htmlPage({ result: full, boundsOf })
    expect(page).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; \ufffd[2J')
    expect(page).toContain('&lt;/pre&gt;&lt;img src=x onerror=alert(1)&gt;')
    expect(page).not.toContain('<img')
  })

  it('has the figures of the plain report', () => {
    const page = htmlPage({ result: full, boundsOf })
    expect(page).toContain('<h1>RAG System Load Test</h1>')
    expect(page).toContain('✗ p99&lt;1s: 5000000 ms')
    expect(page.match(/<svg/g)).toHaveLength(3)
  })
})

describe('charts', () => {
  it('draw what succeeded, and on top of it what failed', () => {
    const svg = rateChart([second(0, { succeeded: 5, failed: 5 }), second(1, { succeeded: 0 })])
    const bars = [
      ...svg.matchAll(/<rect class="(\w+)" x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"/g),
    ]
    expect(bars.map(([, kind]) => kind)).toEqual(['good', 'bad'])
    const [good, bad] = bars.map(([, , y, height]) => ({ y: Number(y), height: Number(height) }))
    expect(bad?.height).toBeCloseTo(good?.height ?? 0, 1)
    expect((bad?.y ?? 0) + (bad?.height ?? 0)).toBeCloseTo(good?.y ?? 0, 1)
  })

  it('interrupt lines where nothing ended', () => {
    const none = { p50: null, p99: null }
    const svg = latencyChart([second(0), second(1), second(2, none), second(3), second(4, none)])
    const path = /<path class="p50" d="([^"]*)"/.exec(svg)?.[1] ?? ''
    expect(path.replace(/[\d. ]+/g, '')).toBe('MLM')
    expect(svg.match(/<circle class="p50"/g)).toHaveLength(1)
  })

  it('condense long runs, and keep the worst', () => {
    const points = condensed(
      Array.from({ length: 10_000 }, (_, i) => second(i, i === 5_000 ? { p99: 1_000, failed: 25 } : {})),
      400,
    )
    expect(points).toHaveLength(400)
    expect(points.at(-1)?.second).toBe(9_999)
    expect(points[200]).toMatchObject({ p99: 1_000, failed: 1, succeeded: 10 })
    expect(condensed([second(0)], 400)).toEqual([second(0)])
  })

  it('end at a round number', () => {
    expect([0, 0.03, 1, 1.1, 20, 21, 99, 1_001].map(roundUp)).toEqual([1, 0.05, 1, 2, 20, 50, 100, 2_000])
  })
})

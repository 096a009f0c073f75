import { describe, expect, it } from 'vitest'
import { textOfLine, widthOfLine } from '../../../../src/ui/dash/parts.ts'
import { loadLines } from '../../../../src/ui/loadtest/load-lines.ts'
import { boundsOf, examplePlan, exampleProgress, exampleSeries } from '../../../support/load-progress.ts'
import { HOSTILE } from '../../../support/snapshots.ts'

const input = (progress = exampleProgress(), plan = examplePlan()) => ({
  plan,
  progress,
  boundsOf,
  stopping: false,
})
const draw = (width: number, height: number, ...of: Parameters<typeof input>) =>
  loadLines(input(...of), width, height).map((line) => textOfLine(line).trimEnd())

describe('the live view of a run', () => {
  it('shows progress, rate, percentiles, errors, warnings and the histogram', () => {
    expect(draw(80, 24)).toMatchInlineSnapshot(`
      [
        "query http://127.0.0.1:8000  200/s evenly",
        "measuring  ████████████████░░░░░░░░░░░░░░░░░░░░░░░░ 40%  12s, 18s left",
        "Requests   2000 succeeded   10 failed (0.5%)   4 under way",
        "Rate       199/s of 200/s      ████████████",
        "Latency    p50       10 ms  ████",
        "           p90       20 ms  ████████",
        "           p95       30 ms  ████████████",
        "           p99       50 ms  ████████████████████",
        "           p99.9     80 ms  ███████████████████████████████ few samples",
        "           max      100 ms  ███████████████████████████████████████",
        "Errors         10  HTTP 503 QUERY_NO_REPLICA",
        "Warning    Operations are begun up to 12 ms late (p99).",
        "Histogram                                 █",
        "                                          █",
        "                                          █",
        "                                          █",
        "                                          █",
        "                                          █          ▁",
        "                                          █          █",
        "           ▁                              █          █              ▃          ▁",
        "           1.5 ms                         12.3 ms                         101 ms",
        "Ctrl-C ends the run and reports what was measured.",
      ]
    `)
  })

  it('says what matters most where there is little room', () => {
    expect(draw(60, 8)).toMatchInlineSnapshot(`
      [
        "query http://127.0.0.1:8000  200/s evenly",
        "measuring  ████████████░░░░░░░░░░░░░░░░░ 40%  12s, 18s left",
        "Requests   2000 succeeded   10 failed (0.5%)   4 under way",
        "Rate       199/s of 200/s      ████████████",
        "Latency    p50 10 ms   p90 20 ms   p95 30 ms   p99 50 ms",
        "Errors         10  HTTP 503 QUERY_NO_REPLICA",
        "Warning    Operations are begun up to 12 ms late (p99).",
        "Ctrl-C ends the run and reports what was measured.",
      ]
    `)
  })

  it.each([
    [20, 1],
    [20, 5],
    [60, 10],
    [80, 24],
    [200, 60],
  ])('fits %i×%i, whatever it is told', (width, height) => {
    const hostile = exampleProgress({
      errors: HOSTILE.map((cause) => ({ cause, count: 3_000_000 })),
      warnings: HOSTILE,
      done: null,
      target_rate: null,
      latency: exampleSeries({ count: 1e9, max: Number.MAX_SAFE_INTEGER }),
    })
    const plan = examplePlan({ target: HOSTILE.join('') })
    const lines = loadLines(input(hostile, plan), width, height)
    expect(lines.length).toBeLessThanOrEqual(height)
    for (const line of lines) {
      expect(widthOfLine(line)).toBeLessThanOrEqual(width)
      expect(textOfLine(line)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/)
    }
  })

  it('counts what is left from the plan, and from the pace where only requests are known', () => {
    const closed = examplePlan({
      load: { kind: 'closed', concurrency: 50, requests: 100, duration: null },
      warmup: 0,
    })
    expect(draw(100, 24, exampleProgress({ elapsed_ms: 10_000, done: 0.25 }), closed)[1]).toContain(
      '25%  10s, 30s left',
    )
    const warm = examplePlan({ warmup: 10_000 })
    expect(
      draw(100, 24, exampleProgress({ phase: 'warm-up', elapsed_ms: 4_000, done: 0.1 }), warm)[1],
    ).toContain('10%  4s, 36s left  not measured yet')
  })

  it('stands before the first sample and without any success', () => {
    const nothing = loadLines({ ...input(), progress: undefined }, 80, 24).map(textOfLine)
    expect(nothing.join('\n')).toContain('Starting …')
    const none = exampleProgress({
      total: 0,
      succeeded: 0,
      failed: 0,
      latency: exampleSeries({ count: 0, max: Number.NaN, histogram: [] }),
      errors: [],
      warnings: [],
      timeline: [],
    })
    expect(draw(80, 24, none).join('\n')).toContain('no request has succeeded yet')
  })

  it('marks a rate that is not reached, but not while it rises', () => {
    const slow = exampleProgress({ rate: 100 })
    const toneOf = (plan = examplePlan()) => loadLines(input(slow, plan), 80, 24)[3]?.[1]?.tone
    expect(toneOf()).toBe('warn')
    const load = { ...examplePlan().load, ramp: 20_000 } as ReturnType<typeof examplePlan>['load']
    expect(toneOf(examplePlan({ load }))).toBeUndefined()
  })

  it('says that it ends', () => {
    const lines = loadLines({ ...input(), stopping: true }, 80, 24)
    expect(textOfLine(lines.at(-1) ?? [])).toContain('Press Ctrl-C again')
  })
})

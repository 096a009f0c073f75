import { describe, expect, it } from 'vitest'
import { exitCodeOf } from '../../../../src/cli/loadtest/exit-code.ts'
import { progressLine } from '../../../../src/cli/loadtest/progress-line.ts'
import { comparisonLines, markWorse } from '../../../../src/cli/loadtest/report/comparison.ts'
import { highestLines, rateHead, rateLine } from '../../../../src/cli/loadtest/report/rates-text.ts'
import { showLines } from '../../../../src/cli/loadtest/show-progress.ts'
import { type ComparedRow, compareResults, type Progress } from '../../../../src/runtime/loadtest/index.ts'
import { LATENCY, resultOf, seriesOfAll } from '../../../support/load-results.ts'

const row = (changes: Partial<ComparedRow>): ComparedRow => ({
  ...{ name: 'latency.p50', unit: 'ms' as const, old: 100, new: 100, change: 0, better: 'lower' as const },
  uncertain: false,
  ...changes,
})

describe('a comparison', () => {
  it.each<[string, Partial<ComparedRow>, boolean]>([
    ['a longer latency', { new: 111, change: 11 }, true],
    ['one that is allowed', { new: 110, change: 10 }, false],
    ['a shorter one', { new: 50, change: -50 }, false],
    ['a lower rate', { name: 'rate', better: 'higher', change: -11 }, true],
    ['a higher rate', { name: 'rate', better: 'higher', change: 50 }, false],
    ['too few samples', { name: 'latency.p99', new: 500, change: 400, uncertain: true }, false],
    ['a part of the time', { name: 'wait.p99', new: 500, change: 400 }, false],
    ['the first token', { name: 'first_token.p95', new: 500, change: 400 }, true],
    ['errors where there were none', { name: 'errors', unit: '%', old: 0, new: 20, change: 20 }, true],
    ['something where there was nothing', { old: 0, new: 1, change: null }, true],
    ['nothing to compare with', { old: null, new: 1, change: null }, false],
    ['a number of tokens', { name: 'tokens', better: null, new: 500, change: 400 }, false],
  ])('judges %s', (_, changes, worse) => {
    expect(markWorse([row(changes)], 10)[0]?.worse).toBe(worse)
  })

  it('shows what clients see, and what else has changed', () => {
    const many = (factor: number) => Array.from({ length: 1_000 }, (_, i) => (i + 1) * factor)
    const was = resultOf({
      series: { latency: seriesOfAll('Answer', many(1)), encode: seriesOfAll('Encode', many(1)) },
    })
    const now = resultOf({
      ...{ rate: 1.5, failed: 5, succeeded: 45 },
      series: { latency: seriesOfAll('Answer', many(2)), encode: seriesOfAll('Encode', many(1)) },
    })
    const text = comparisonLines(markWorse(compareResults(was, now), 10), 'old.json', 10).join('\n')
    expect(text).toMatch(/^compared +before +now +change\n/)
    expect(text).toMatch(/^rate +3\.28\/s +1\.50\/s +−54\.3% +worse$/m)
    expect(text).toMatch(/^errors +0\.00% +10\.00% +\+10\.0 points$/m)
    expect(text).toMatch(/^latency\.p50 .* \+100\.0% +worse$/m)
    expect(text).not.toContain('encode')
    expect(text).toMatch(/\n✗ 5 figures are worse than in old\.json by more than 10%\.$/)
    const same = comparisonLines(markWorse(compareResults(was, was), 10), 'old.json', 10)
    expect(same.at(-1)).toBe('✓ Nothing is worse than in old.json by more than 10%.')
  })
})

describe('the exit code', () => {
  const failing = [{ expression: 'p99<1', passed: false, value: 2 }]

  it.each([
    ['nothing is wrong', resultOf(), false, 0],
    ['some have failed', resultOf({ succeeded: 1, failed: 49 }), false, 0],
    ['all have failed', resultOf({ succeeded: 0, failed: 50 }), false, 1],
    ['none has ended', resultOf({ succeeded: 0, unfinished: 50 }), false, 1],
    ['nothing was sent', resultOf({ succeeded: 0, total: 0 }), false, 0],
    ['a threshold does not hold', resultOf({ thresholds: failing }), false, 99],
    [
      'it does not hold, as all have failed',
      resultOf({ succeeded: 0, failed: 50, thresholds: failing }),
      false,
      99,
    ],
    ['it is worse than before', resultOf(), true, 99],
  ])('when %s', (_, result, worse, code) => {
    expect(exitCodeOf(result, worse)).toBe(code)
  })
})

describe('several rates', () => {
  it('are told in columns, with why they are not good', () => {
    const good = { rate: 100, passed: true, result: resultOf({ rate: 99.96 }) }
    const bad = {
      ...{ rate: 141.4, passed: false },
      result: resultOf({
        ...{ succeeded: 25, failed: 25 },
        thresholds: [{ expression: 'p99<500ms', passed: false, value: 523 }],
        validity: { ...resultOf().validity, valid: false, reasons: ['Too slow.'] },
      }),
    }
    expect([rateHead, rateLine(good), rateLine(bad), ...highestLines(100, [good, bad])]).toEqual([
      '      rate      ok/s    p50 ms    p95 ms    p99 ms  errors',
      '     100/s     100.0    312.45    478.23    523.89    0.0%  ✓',
      '   141.4/s       3.3    312.45    478.23    523.89   50.0%  ✗ p99<500ms INVALID',
      '',
      'Highest good rate: 100 requests/s',
    ])
    expect(highestLines(null, [bad])[1]).toBe('None of these rates was good enough.')
    expect(highestLines(null, [])[1]).toBe('No run has come to its end.')
  })
})

describe('the progress of a run', () => {
  const progress: Progress = {
    ...{
      phase: 'measuring',
      elapsed_ms: 12_345,
      done: 0.419,
      total: 60,
      succeeded: 50,
      failed: 3,
      in_flight: 7,
    },
    ...{ rate: 4.26, target_rate: null, latency: LATENCY, errors: [], timeline: [], warnings: [] },
  }

  it('is a line for logs', () => {
    expect(progressLine(progress)).toBe(
      '12s measuring (41%): 50 ok, 3 failed, 7 under way, 4.3/s, p50 312.45 ms, p99 523.89 ms',
    )
    expect(progressLine({ ...progress, done: null, latency: { ...LATENCY, count: 0 } })).toBe(
      '12s measuring: 50 ok, 3 failed, 7 under way, 4.3/s',
    )
  })

  it('is told now and then', () => {
    const said: string[] = []
    let now = 0
    const shown = showLines({ say: (line) => said.push(line), now: () => now })
    for (now = 0; now <= 5_000; now += 250) shown.update(progress)
    expect(said).toHaveLength(2)
  })
})

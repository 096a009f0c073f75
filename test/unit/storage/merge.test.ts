import { describe, expect, it } from 'vitest'
import { type Merged, merge, mergeAll, mergedOf } from '../../../src/runtime/storage/merge.ts'
import { lifeOf } from '../../support/storage.ts'

const reports = lifeOf('e')
const whole = {
  ...Object.assign({}, ...reports),
  started_at: reports[2]?.started_at,
  worker: 'worker-2',
}

function* orders<T>(items: readonly T[]): Generator<T[]> {
  if (items.length === 0) yield []
  for (const [i, item] of items.entries())
    for (const rest of orders(items.toSpliced(i, 1))) yield [item, ...rest]
}

describe('merging reports', () => {
  it('gives the same in any order', () => {
    for (const order of orders(reports))
      expect(mergeAll(order)).toEqual([
        {
          facts: whole,
          seqs: [1, 2, 4, 1_000],
          reported: { started_at: 4, worker: 4, attempts: 1_000, backend: 1_000, executor: 1_000 },
        },
      ])
  })

  it('gives the same however they come together', () => {
    const [a, b, c, d] = reports.map(mergedOf) as [Merged, Merged, Merged, Merged]
    const expected = merge(merge(merge(a, b), c), d)
    expect(merge(merge(d, a), merge(c, b))).toEqual(expected)
    expect(merge(merge(a, d), merge(b, c))).toEqual(expected)
    expect(merge(c, merge(b, merge(d, a)))).toEqual(expected)
  })

  it('changes nothing by repetition', () => {
    const [once] = mergeAll(reports)
    expect(mergeAll([...reports, ...reports.toReversed()])).toEqual([once])
  })

  it('lets what a later report says to be nothing be nothing', () => {
    const [first, , , last] = reports
    if (!first || !last) throw new Error('four reports')
    const merged = mergeAll([
      { ...first, backend: 'docker' },
      { ...last, backend: null },
    ])
    expect(merged[0]?.facts.backend).toBeNull()
  })

  it('keeps evaluations apart', () => {
    const both = [...lifeOf('one', 1), ...lifeOf('two', 2)].toSorted((a, b) => b.seq - a.seq)
    expect(mergeAll(both).map(({ facts }) => [facts.eval_id, facts.code])).toEqual([
      ['one', 'print(1)'],
      ['two', 'print(2)'],
    ])
  })
})

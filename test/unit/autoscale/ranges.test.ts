import { describe, expect, it } from 'vitest'
import { isRange, parseRange, parseRanges } from '../../../src/runtime/autoscale/index.ts'
import { parts } from '../../../src/runtime/parts.ts'

describe('bounds', () => {
  it('are read for one role and for several', () => {
    expect([...parseRanges(' worker=1..8, rag=2..2 ', parts)]).toEqual([
      ['worker', { min: 1, max: 8 }],
      ['rag', { min: 2, max: 2 }],
    ])
    expect(parseRange('eval=1..64', parts)).toEqual(['eval', { min: 1, max: 64 }])
    expect(['worker=1..8', 'worker=5'].map(isRange)).toEqual([true, false])
  })

  it.each([
    ['', 'no role is named'],
    ['worker', '"worker" is not ROLE=MIN..MAX'],
    ['worker=5', '"worker=5" is not ROLE=MIN..MAX'],
    ['worker=1..', '"worker=1.." is not ROLE=MIN..MAX'],
    ['worker=1..8..9', '"worker=1..8..9" is not ROLE=MIN..MAX'],
    ['worker=-1..8', '"worker=-1..8" is not ROLE=MIN..MAX'],
    ['worker=8..1', '"worker=8..1": the lower bound comes first, worker=1..8'],
    ['worker=0..4', '"worker=0..4": at least one replica stays, worker=1..4'],
    ['worker=1..65', '"worker=1..65": 65 replicas are more than 64'],
    ['worker=1..2,worker=1..3', '"worker" is named twice'],
    ['wroker=1..2', '"wroker" is no role'],
    ['gateway=1..3', '"gateway" has no queue that tells how many it needs'],
    [
      'llm=1..3',
      'those that scale by themselves are worker, storage, rag, encoder, retriever, generator, eval',
    ],
  ])('%s are refused', (text, detail) => {
    const parse = () => parseRanges(text, parts)
    expect(parse).toThrow(detail)
    expect(parse).toThrow(expect.objectContaining({ code: 'AUTOSCALE_INVALID', field: 'autoscale' }))
  })

  it('of what cannot scale by itself: the error says how it is scaled', () => {
    const fix = expect.stringContaining('agentctl scale gateway=2')
    expect(() => parseRanges('gateway=1..3', parts)).toThrow(expect.objectContaining({ fix }))
  })
})

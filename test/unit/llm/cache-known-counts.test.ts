import { beforeEach, describe, expect, it } from 'vitest'
import { createKnownCounts } from '../../../src/runtime/llm/service/known-counts.ts'

/** A counter of all replicas, which answers when it is told to. */
function counterOf() {
  const state = { consumed: 0, left: 60_000, adds: [] as number[] }
  let gate: Promise<void> = Promise.resolve()
  return {
    state,
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return resolve
    },
    async add(_tenant: string, used: number) {
      state.adds.push(used)
      state.consumed += used
      await gate
      return { consumed: state.consumed, left: state.left }
    },
    async look() {
      return { consumed: state.consumed, left: state.left }
    },
  }
}

let time = 0
beforeEach(() => {
  time = 0
})

describe('counts that are known', () => {
  it('let a request pass at once while the quota is far from used up, and are sent together', async () => {
    const counter = counterOf()
    const counts = createKnownCounts({ counter, points: 10_000, now: () => time, delay: 1 })
    await counts.take('t')
    const release = counter.hold()
    for (let i = 2; i <= 101; i++) expect((await counts.take('t')).consumed).toBeGreaterThan(1)
    // So many that they were sent at once, the rest when that is answered.
    expect(counter.state.adds).toEqual([1, 50])
    release()
    await counts.close()
    expect(counter.state.adds).toEqual([1, 50, 50])
  })

  it('are exact near the end, and always for a small quota', async () => {
    const counter = counterOf()
    const small = createKnownCounts({ counter, points: 100, now: () => time })
    for (let i = 1; i <= 101; i++) expect((await small.take('t')).consumed).toBe(i)
    expect(counter.state.adds).toHaveLength(101)
    const large = counterOf()
    large.state.consumed = 9_000
    const counts = createKnownCounts({ counter: large, points: 10_000, now: () => time })
    for (let i = 1; i <= 10; i++) expect((await counts.take('t')).consumed).toBe(9_000 + i)
  })

  it('are asked for again after a second, and when the quota begins anew', async () => {
    const counter = counterOf()
    counter.state.left = 400
    const counts = createKnownCounts({ counter, points: 10_000, now: () => time, delay: 1 })
    await counts.take('t')
    counter.state.consumed = 5_000
    time = 399
    expect((await counts.take('t')).consumed).toBe(2)
    await counts.close()
    time = 800
    counter.state.consumed = 0
    expect((await counts.take('t')).consumed).toBe(1)
    counter.state.left = 60_000
    await counts.take('t')
    await counts.close()
    counter.state.consumed = 7_000
    time = 1_900
    expect((await counts.look('t')).consumed).toBe(7_000)
  })
})

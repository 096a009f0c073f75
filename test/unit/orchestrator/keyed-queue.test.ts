import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createKeyedQueue } from '../../../src/runtime/orchestrator/keyed-queue.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

/** A queue whose work ends when the test says so. */
function scene(parallel = 2) {
  const clock = createFakeClock()
  const begun: string[] = []
  const under: { key: string; end(again?: number): void; fail(): void }[] = []
  const failures: [string, number][] = []
  const queue = createKeyedQueue({
    ...{ parallel, base: 100, cap: 1_000, clock, random: () => 1 },
    onFailure: (key, _error, pause) => failures.push([key, pause]),
    work(key) {
      begun.push(key)
      return new Promise((resolve, reject) => {
        const leave = () => under.splice(under.indexOf(one), 1)
        const one = {
          key,
          end(again?: number) {
            leave()
            resolve(again)
          },
          fail() {
            leave()
            reject(new Error('no'))
          },
        }
        under.push(one)
      })
    },
  })
  return { clock, queue, begun, under, failures }
}

describe('a queue of keys', () => {
  it('looks at a key once, however often it is asked before', async () => {
    const { queue, begun, under } = scene(1)
    for (const key of ['a', 'b', 'b', 'b']) queue.add(key)
    under[0]?.end()
    await turn()
    expect(begun).toEqual(['a', 'b'])
  })

  it('never looks at one key twice at a time, and once more when it was asked meanwhile', async () => {
    const { queue, begun, under } = scene()
    queue.add('a')
    queue.add('a')
    queue.add('a')
    expect(begun).toEqual(['a'])
    under[0]?.end(5_000)
    await turn()
    expect(begun).toEqual(['a', 'a'])
    under[0]?.end()
    await turn()
    expect([begun.length, queue.busy]).toEqual([2, 0])
  })

  it('looks at no more keys at a time than it may', async () => {
    const { queue, begun, under } = scene(2)
    for (const key of ['a', 'b', 'c']) queue.add(key)
    expect(begun).toEqual(['a', 'b'])
    under[1]?.end()
    await turn()
    expect(begun).toEqual(['a', 'b', 'c'])
  })

  it('looks again when that is due, sooner when it is asked', async () => {
    const { queue, begun, under, clock } = scene()
    queue.add('a')
    under[0]?.end(1_000)
    await clock.advance(999)
    expect(begun.length).toBe(1)
    await clock.advance(1)
    expect(begun.length).toBe(2)
    under[0]?.end(1_000)
    await turn()
    queue.add('a')
    expect([begun.length, clock.pending]).toEqual([3, 0])
  })

  it('tries again after failures with growing pauses, and forgets them after success', async () => {
    const { queue, under, clock, failures } = scene()
    queue.add('a')
    for (let i = 0; i < 6; i++) {
      under[0]?.fail()
      await clock.advance(1_000)
    }
    under[0]?.end(0)
    await clock.advance(0)
    under[0]?.fail()
    await turn()
    expect(failures.map(([, pause]) => pause)).toEqual([100, 200, 400, 800, 1_000, 1_000, 100])
  })

  it('begins nothing more once it is closed, and waits for what is under way', async () => {
    const { queue, begun, under, clock } = scene(1)
    queue.add('a')
    queue.add('b')
    let closed = false
    const closing = queue.close().then(() => {
      closed = true
    })
    await turn()
    expect(closed).toBe(false)
    under[0]?.end(10)
    await closing
    queue.add('c')
    await clock.advance(1_000)
    expect([begun, queue.busy, clock.pending]).toEqual([['a'], 0, 0])
  })
})

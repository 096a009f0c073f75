import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startLoop } from '../../../src/runtime/dashboard/source/loop.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** Work that the test ends. */
function setUp(interval = 1_000) {
  const ends: ((took: number) => void)[] = []
  let begun = 0
  const loop = startLoop({
    interval,
    monotonic: () => performance.now(),
    work() {
      begun += 1
      return new Promise((resolve) => ends.push(resolve))
    },
  })
  return {
    loop,
    begun: () => begun,
    /** Ends what is under way. */
    async end(took = 5) {
      ends.shift()?.(took)
      await vi.advanceTimersByTimeAsync(0)
    },
  }
}

describe('the loop', () => {
  it('begins at once and then at its pace, counted from the beginnings', async () => {
    const { begun, end } = setUp()
    expect(begun()).toBe(1)
    await vi.advanceTimersByTimeAsync(400)
    await end()
    await vi.advanceTimersByTimeAsync(599)
    expect(begun()).toBe(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(begun()).toBe(2)
  })

  it('never does two things at once, however slow they are', async () => {
    const { begun, end, loop } = setUp()
    await vi.advanceTimersByTimeAsync(10_000)
    loop.refresh()
    loop.refresh()
    expect(begun()).toBe(1)
    await end()
    expect(begun()).toBe(2)
    await end()
    expect(begun()).toBe(2)
  })

  it('slows down for work that takes long', async () => {
    const { begun, end, loop } = setUp()
    await end(1_500)
    expect(loop.pace()).toBe(3_000)
    await vi.advanceTimersByTimeAsync(2_999)
    expect(begun()).toBe(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(begun()).toBe(2)
    await end(5)
    expect(loop.pace()).toBe(1_000)
  })

  it('takes another interval at once', async () => {
    const { begun, end, loop } = setUp(10_000)
    await end()
    loop.setInterval(500)
    await vi.advanceTimersByTimeAsync(500)
    expect(begun()).toBe(2)
    loop.setInterval(1)
    expect(loop.pace()).toBe(250)
  })

  it('rests while paused, unless it is asked to look', async () => {
    const { begun, end, loop } = setUp()
    await end()
    loop.setPaused(true)
    loop.setInterval(500)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(begun()).toBe(1)
    loop.refresh()
    expect(begun()).toBe(2)
    await end()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(begun()).toBe(2)
    loop.setPaused(false)
    await vi.advanceTimersByTimeAsync(0)
    expect(begun()).toBe(3)
  })

  it('ends when what is under way has ended', async () => {
    const { begun, end, loop } = setUp()
    let closed = false
    const closing = loop.close().then(() => {
      closed = true
    })
    await vi.advanceTimersByTimeAsync(5_000)
    expect(closed).toBe(false)
    await end()
    await closing
    loop.refresh()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(begun()).toBe(1)
  })
})

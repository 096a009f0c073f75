import { beforeEach, describe, expect, it } from 'vitest'
import { createLimit, monotonicClock, sleep } from '../../../src/runtime/resilience/index.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'

let clock: FakeClock
const late = () => new Error('late')

beforeEach(() => {
  clock = createFakeClock(500)
})

describe('a limit of time', () => {
  it('aborts when the time is up', async () => {
    const limit = createLimit({ clock, at: 1_500, late })
    expect(limit.remaining()).toBe(1_000)
    await clock.advance(999)
    expect(limit.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(limit.signal.reason).toEqual(new Error('late'))
    expect(limit.remaining()).toBe(0)
  })

  it('aborts with the reason of its caller', () => {
    const controller = new AbortController()
    const limit = createLimit({ clock, at: 1_500, signal: controller.signal, late })
    controller.abort(new Error('gone'))
    expect(limit.signal.reason).toEqual(new Error('gone'))
    limit.end()
    expect(clock.pending).toBe(0)
  })

  it('is over at once when its caller has left already', () => {
    const limit = createLimit({ clock, at: 1_500, signal: AbortSignal.abort(new Error('gone')), late })
    expect(limit.signal.reason).toEqual(new Error('gone'))
    expect(clock.pending).toBe(0)
  })

  it('can be moved', async () => {
    const limit = createLimit({ clock, at: 1_500, late })
    limit.moveTo(3_500)
    await clock.advance(2_000)
    expect(limit.signal.aborted).toBe(false)
    await clock.advance(1_000)
    expect(limit.signal.aborted).toBe(true)
  })

  it('leaves nothing waiting when the work is over, whatever its caller does then', () => {
    const controller = new AbortController()
    const limit = createLimit({ clock, at: 1_500, signal: controller.signal, late })
    limit.end()
    controller.abort()
    expect(clock.pending).toBe(0)
    expect(limit.signal.aborted).toBe(false)
  })

  it('may have no end', () => {
    createLimit({ clock, at: Number.POSITIVE_INFINITY, late })
    expect(clock.pending).toBe(0)
  })
})

describe('the monotonic clock', () => {
  it('runs what is due, and not what was cancelled', async () => {
    const ran: string[] = []
    const cancel = monotonicClock.after(1, () => ran.push('cancelled'))
    cancel()
    const before = monotonicClock.now()
    await sleep(monotonicClock, 5)
    expect(monotonicClock.now()).toBeGreaterThan(before)
    expect(ran).toEqual([])
  })

  it('sleeps no more once the signal is aborted', async () => {
    await expect(sleep(monotonicClock, 60_000, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone')
    const controller = new AbortController()
    const sleeping = sleep(monotonicClock, 60_000, controller.signal)
    controller.abort(new Error('later'))
    await expect(sleeping).rejects.toThrow('later')
  })
})

import { beforeEach, describe, expect, it } from 'vitest'
import { createRateGate, parseRetryAfter, type RateGate } from '../../../src/runtime/resilience/index.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'

let clock: FakeClock
let gate: RateGate

beforeEach(() => {
  clock = createFakeClock()
  gate = createRateGate({ clock, longest: 60_000 })
})

describe('a rate gate', () => {
  it('is open until it is closed', async () => {
    expect(await gate.pass({ patience: 0 })).toBe(0)
    expect(gate.remaining()).toBe(0)
  })

  it('tells how long it is closed to who will not wait', async () => {
    gate.closeFor(3_000)
    await clock.advance(1_000)
    expect(await gate.pass({ patience: 1_999 })).toBe(2_000)
  })

  it('lets those through who have waited', async () => {
    gate.closeFor(3_000)
    const passing = gate.pass({ patience: 5_000 })
    expect(await clock.until(passing)).toBe(0)
    expect(clock.now()).toBe(3_000)
  })

  it('keeps them when it is closed again meanwhile, as far as they have patience', async () => {
    gate.closeFor(3_000)
    const passing = gate.pass({ patience: 5_000 })
    await clock.advance(1_000)
    gate.closeFor(10_000)
    expect(await clock.until(passing)).toBe(8_000)
  })

  it('is not opened earlier by a shorter demand', () => {
    gate.closeFor(3_000)
    gate.closeFor(10)
    expect(gate.remaining()).toBe(3_000)
  })

  it('is closed for a minute at most', () => {
    gate.closeFor(3_600_000)
    expect(gate.remaining()).toBe(60_000)
  })

  it('lets go of who leaves', async () => {
    const controller = new AbortController()
    gate.closeFor(3_000)
    const passing = gate.pass({ patience: 5_000, signal: controller.signal })
    controller.abort(new Error('gone'))
    await expect(passing).rejects.toThrow('gone')
    expect(clock.pending).toBe(0)
  })
})

describe('Retry-After', () => {
  const now = Date.parse('2026-11-21T12:00:00Z')
  const parse = (headers: Record<string, string>) => parseRetryAfter(new Headers(headers), now)

  it.each([
    [{ 'retry-after': '7' }, 7_000],
    [{ 'retry-after': '0.25' }, 250],
    [{ 'retry-after': 'Sat, 21 Nov 2026 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Sat, 21 Nov 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after-ms': '1234', 'retry-after': '2' }, 1_234],
    [{ 'retry-after-ms': 'soon', 'retry-after': '2' }, 2_000],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '-5' }, undefined],
    [{ 'retry-after': '' }, undefined],
    [{}, undefined],
  ])('of %o is %s ms', (headers, expected) => {
    expect(parse(headers as Record<string, string>)).toBe(expected)
  })

  it('is unknown without headers', () => {
    expect(parseRetryAfter(undefined)).toBeUndefined()
  })
})

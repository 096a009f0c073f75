import { describe, expect, it } from 'vitest'
import { judge } from '../../../src/runtime/loadtest/validity.ts'
import { loadPlanOf } from '../../support/load-result.ts'
import { seriesOfAll } from '../../support/load-results.ts'

const fine = { achieved: 1, schedule_lag_ms: 1, event_loop_ms: 1, cpu: 0.5, peak_in_flight: 10 }
const limited = loadPlanOf({
  load: { kind: 'open', rate: 200, arrivals: 'constant', duration: 10_000, ramp: 0, concurrency: 5 },
})
const closed = loadPlanOf({ load: { kind: 'closed', concurrency: 5, requests: 50, duration: null } })

describe('the figures of a run', () => {
  it('are trusted when the load was made as it was asked for', () => {
    expect(judge(loadPlanOf(), fine, {})).toEqual({ ...fine, valid: true, reasons: [] })
    expect(judge(limited, { ...fine, achieved: 0.98 }, {}).valid).toBe(true)
  })

  it('are not when too little was sent: more must be allowed under way', () => {
    const { valid, reasons } = judge(limited, { ...fine, achieved: 0.9749 }, {})
    expect(valid).toBe(false)
    expect(reasons).toEqual([
      'Only 97.4 % of what was due was begun in time: 5 under way at once are too few for 200/s. Raise --concurrency.',
    ])
  })

  it.each([
    [{ schedule_lag_ms: 11 }, 'begun more than 11 ms late'],
    [{ event_loop_ms: 25 }, 'event loop was busy for 25 ms'],
    [{ cpu: 0.97 }, 'used 97.0 % of a core'],
  ])('are not when this program was too slow: %o', (more, text) => {
    const { valid, reasons } = judge(limited, { ...fine, ...more }, {})
    expect(valid).toBe(false)
    expect(reasons).toHaveLength(1)
    expect(reasons[0]).toContain('This program is itself the bottleneck')
    expect(reasons[0]).toContain(text)
    expect(reasons[0]).toContain('--threads')
  })

  it('are when its event loop was busy for a small part of what is measured', () => {
    const busy = { ...fine, event_loop_ms: 25 }
    const latency = (ms: number) => ({ latency: seriesOfAll('Answer', [ms]) })
    expect(judge(closed, busy, latency(700)).valid).toBe(true)
    expect(judge(closed, { ...fine, event_loop_ms: 90 }, latency(700)).valid).toBe(false)
    expect(judge(closed, busy, latency(5)).valid).toBe(false)
    // The times between tokens are as long as it was busy.
    const gaps = { gap: seriesOfAll('Gap', [20]) }
    expect(judge(closed, busy, { ...latency(700), ...gaps }).valid).toBe(false)
  })

  it('say what to do once, after all reasons', () => {
    const { reasons } = judge(limited, { ...fine, achieved: 0.5, cpu: 1, schedule_lag_ms: 800 }, {})
    expect(reasons).toHaveLength(3)
    expect(reasons[0]).toContain('lower than the 200/s that were asked for')
    expect(reasons.filter((reason) => reason.includes('Lower --rate'))).toHaveLength(1)
  })

  it('speak of threads only where there is no rate to lower', () => {
    const { reasons } = judge(closed, { ...fine, cpu: 0.95 }, {})
    expect(reasons.join()).not.toContain('--rate')
  })
})

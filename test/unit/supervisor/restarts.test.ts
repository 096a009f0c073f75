import { describe, expect, it } from 'vitest'
import { afterCrash, noCrashes } from '../../../src/runtime/supervisor/restarts.ts'

function delays(count: number, random = 0): number[] {
  let state = noCrashes
  return Array.from({ length: count }, () => {
    const next = afterCrash(state, 0, random)
    state = next.state
    return next.delay
  })
}

describe('afterCrash', () => {
  it('waits half a second, doubled up to 30 s', () => {
    expect(delays(9)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
  })

  it('takes up to a quarter off at random', () => {
    expect(delays(3, 1)).toEqual([375, 750, 1_500])
  })

  it('calls five crashes in a row a crash loop', () => {
    expect(afterCrash({ crashes: 3 }, 0, 0).crashloop).toBe(false)
    expect(afterCrash({ crashes: 4 }, 0, 0).crashloop).toBe(true)
  })

  it('forgets earlier crashes after a minute of health', () => {
    expect(afterCrash({ crashes: 7 }, 59_999, 0)).toMatchObject({ crashloop: true })
    expect(afterCrash({ crashes: 7 }, 60_000, 0)).toEqual({
      state: { crashes: 1 },
      delay: 500,
      crashloop: false,
    })
  })

  it('stays at the longest pause however often it crashes', () => {
    expect(afterCrash({ crashes: 5_000 }, 0, 0).delay).toBe(30_000)
  })
})

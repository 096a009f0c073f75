import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLeases } from '../../../src/runtime/balancer/leases.ts'
import type { Held, Pool } from '../../../src/runtime/balancer/pool.ts'
import { silent } from '../../support/redis.ts'

const TTL = 3_000

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }))
afterEach(() => void vi.useRealTimers())

describe('keeping many leases', () => {
  it('never takes one again that was given back while others were being kept', async () => {
    const taken = new Set(Array.from({ length: 1_200 }, (_, i) => String(i)))
    let midway = () => {}
    const pool = {
      async renew(held: readonly Held[]) {
        for (const { id } of held) taken.add(id)
        midway()
        return held.map(() => false)
      },
      release: async ({ id }: Held) => taken.delete(id),
    } as Partial<Pool> as Pool
    const leases = createLeases({ pool, ttl: TTL, now: () => performance.now(), log: silent })
    const all = [...taken].map((id) => leases.open({ id, url: 'http://a', probe: false }, () => {}))
    midway = () => {
      midway = () => {}
      for (const lease of all.slice(100)) void lease.release({ kind: 'ok' })
    }
    await vi.advanceTimersByTimeAsync(TTL / 3)
    expect(taken.size).toBe(100)
    await leases.close()
  })
})

import { setImmediate as turn } from 'node:timers/promises'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { startElection } from '../../../src/runtime/orchestrator/election/election.ts'
import type { Lock } from '../../../src/runtime/orchestrator/election/lock.ts'
import type { Term } from '../../../src/runtime/orchestrator/election/term.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { silent } from '../../support/redis.ts'

const DURATION = 15_000

/** A lock as a server has it, and clients that can be cut off from it. */
function createServer(clock: FakeClock) {
  let holder: { name: string; until: number } | undefined
  let fence = 0
  return {
    lockOf(name: string): Lock & { away: boolean; hangs: boolean } {
      return {
        away: false,
        hangs: false,
        async hold() {
          if (this.hangs) await new Promise(() => {})
          if (this.away) throw new Error('away')
          if (holder && holder.name !== name && clock.now() < holder.until) return undefined
          if (holder?.name !== name) fence++
          holder = { name, until: clock.now() + DURATION }
          return fence
        },
        async release() {
          if (holder?.name === name) holder = undefined
        },
      }
    },
    /** As if it had lost its data. */
    forget() {
      holder = undefined
    },
    get until() {
      return holder?.until ?? 0
    },
  }
}

function candidate(server: ReturnType<typeof createServer>, clock: FakeClock, name: string, log = silent) {
  const lock = server.lockOf(name)
  const terms: Term[] = []
  const ended: number[] = []
  const election = startElection({
    ...{ lock, duration: DURATION, clock, log },
    lead(term) {
      terms.push(term)
      return new Promise((resolve) => {
        term.signal.addEventListener('abort', () => {
          ended.push(clock.now())
          resolve()
        })
      })
    },
  })
  return { lock, terms, ended, election }
}

describe('an election', () => {
  it('has one leader, who stays for as long as it renews', async () => {
    const clock = createFakeClock()
    const server = createServer(clock)
    const [a, b] = ['a', 'b'].map((name) => candidate(server, clock, name))
    await clock.advance(10 * DURATION)
    expect([a?.terms.length, b?.terms.length]).toEqual([1, 0])
    expect([a?.election.leading, b?.election.leading]).toEqual([true, false])
  })

  it('stops a leader that cannot renew before its lease runs out, and then has another with a greater number', async () => {
    const clock = createFakeClock()
    const server = createServer(clock)
    const a = candidate(server, clock, 'a')
    await clock.advance(DURATION)
    const b = candidate(server, clock, 'b')
    a.lock.away = true
    const { until } = server
    await clock.advance(2 * DURATION)
    expect(a.ended).toHaveLength(1)
    expect(a.ended[0]).toBeLessThanOrEqual(until - DURATION / 4)
    expect(b.terms[0]?.fence).toBeGreaterThan(a.terms[0]?.fence as number)
    expect([a.election.leading, b.election.leading]).toEqual([false, true])
  })

  it('stops a leader whose question is never answered as well', async () => {
    const clock = createFakeClock()
    const server = createServer(clock)
    const a = candidate(server, clock, 'a')
    await clock.advance(DURATION)
    a.lock.hangs = true
    await clock.advance(2 * DURATION)
    expect([a.ended.length, a.election.leading]).toEqual([1, false])
  })

  it('tells a leader that was stopped meanwhile that it is late, before any timer does', async () => {
    const clock = createFakeClock()
    const server = createServer(clock)
    const after = { jump: 0 }
    const frozen: FakeClock = { ...clock, now: () => clock.now() + after.jump }
    const a = candidate(server, frozen, 'a')
    await turn()
    expect(() => a.terms[0]?.check()).not.toThrow()
    after.jump = DURATION
    expect(() => a.terms[0]?.check()).toThrow('in time')
    expect(a.terms[0]?.signal.aborted).toBe(true)
  })

  it('keeps a leader through a short trouble', async () => {
    const clock = createFakeClock()
    const server = createServer(clock)
    const a = candidate(server, clock, 'a')
    await clock.advance(DURATION)
    a.lock.away = true
    await clock.advance(DURATION / 5)
    a.lock.away = false
    await clock.advance(2 * DURATION)
    expect([a.terms.length, a.ended.length]).toEqual([1, 0])
  })

  it('says once that the lock cannot be asked for, and again when that comes back', async () => {
    const clock = createFakeClock()
    const lines: string[] = []
    const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) })
    const a = candidate(createServer(clock), clock, 'a', log)
    for (const away of [true, false, true]) {
      a.lock.away = away
      await clock.advance(2 * DURATION)
    }
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ reason: 'away' }, { reason: 'away' }])
  })

  it('ends a term when the lock was lost, and begins another with its new number', async () => {
    const clock = createFakeClock()
    const server = createServer(clock)
    const a = candidate(server, clock, 'a')
    await clock.advance(DURATION)
    server.forget()
    await clock.advance(DURATION)
    expect(a.terms.map(({ fence }) => fence)).toEqual([1, 2])
    expect(a.terms.map(({ signal }) => signal.aborted)).toEqual([true, false])
  })

  it('gives the lock to the next at once when it is closed', async () => {
    const clock = createFakeClock()
    const server = createServer(clock)
    const a = candidate(server, clock, 'a')
    await clock.advance(DURATION)
    const b = candidate(server, clock, 'b')
    await clock.until(a.election.close())
    expect(a.ended).toHaveLength(1)
    await clock.advance(DURATION / 5)
    expect(b.election.leading).toBe(true)
  })
})

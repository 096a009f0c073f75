import { describe, expect, it } from 'vitest'
import {
  type BoardNames,
  boardBytes,
  boardOn,
  TICKETS_BYTES,
  ticketsOn,
} from '../../../src/runtime/loadtest/engine/board.ts'
import { createCauses, OTHER_CAUSES } from '../../../src/runtime/loadtest/engine/causes.ts'
import { generate } from '../../../src/runtime/loadtest/engine/generate.ts'
import { createPacer } from '../../../src/runtime/loadtest/engine/pacer.ts'
import { shareOf, threadsFor } from '../../../src/runtime/loadtest/engine/share.ts'
import type { LoadPlan, Operation } from '../../../src/runtime/loadtest/index.ts'
import { loadPlanOf } from '../../support/load-result.ts'

const names: BoardNames = { series: ['latency', 'first', 'lag'], counters: ['bytes'] }

/** Makes load in this thread, with operations that end as `begin` wants. */
function start(plan: Partial<LoadPlan>, begin: (operation: Operation) => void) {
  const board = boardOn(new SharedArrayBuffer(boardBytes(names)), names)
  const causes = createCauses()
  const { ended, stop } = generate({
    plan: loadPlanOf(plan),
    scenario: { begin, close: async () => {} },
    board,
    causes,
    tickets: ticketsOn(new SharedArrayBuffer(TICKETS_BYTES)),
    thread: 0,
    startAt: performance.now(),
  })
  return { board, causes, ended, stop }
}

const closed = (concurrency: number, requests: number): LoadPlan['load'] => ({
  ...{ kind: 'closed', concurrency, requests, duration: null },
})

describe('making load', () => {
  it('goes on when operations end at once, and lets others have their turn', async () => {
    let turns = 0
    const counting = setInterval(() => turns++, 0)
    const { board, ended } = start({ load: closed(3, 200_000) }, ({ succeed }) => succeed(performance.now()))
    await ended
    clearInterval(counting)
    expect(board.succeeded.get()).toBe(200_000)
    expect(board.inFlight.get()).toBe(0)
    expect(turns).toBeGreaterThan(0)
  })

  it('counts the first end of an operation, and nothing after it', async () => {
    const { board, causes, ended } = start({ load: closed(1, 1) }, (operation) => {
      operation.record('first', 5)
      operation.count('bytes', 7)
      operation.fail('broken')
      operation.fail('again')
      operation.succeed(performance.now())
      operation.record('first', 6)
      operation.count('bytes', 1)
    })
    await ended
    expect([board.total.get(), board.failed.get(), board.succeeded.get()]).toEqual([1, 1, 0])
    expect([board.series.get('first')?.count, board.counters.get('bytes')?.get()]).toEqual([1, 7])
    expect(causes.list()).toEqual([{ cause: 'broken', count: 1 }])
  })

  it('counts nothing of what ends after it was stopped', async () => {
    const operations: Operation[] = []
    const { board, ended, stop } = start({ load: closed(2, 10) }, (operation) => {
      if (operations.push(operation) === 2) setImmediate(() => stop())
    })
    await ended
    for (const operation of operations) operation.succeed(performance.now())
    expect([board.begun.get(), board.succeeded.get(), board.total.get()]).toEqual([2, 0, 2])
  })

  it('gives each operation an index of its own', async () => {
    const seen = new Set<number>()
    const { ended } = start({ load: closed(4, 500) }, ({ index, succeed }) => {
      seen.add(index)
      setImmediate(succeed, performance.now())
    })
    await ended
    expect(seen.size).toBe(500)
  })
})

describe('waiting for a point in time', () => {
  it('is never too early', async () => {
    const pacer = createPacer()
    for (let i = 0; i < 30; i++) {
      const wanted = performance.now() + i / 5
      const came = await new Promise<number>((resolve) => pacer.at(wanted, () => resolve(performance.now())))
      expect(came).toBeGreaterThanOrEqual(wanted)
    }
  })

  it('leaves long times to a timer, and sleeps through the rest in short naps', async () => {
    const naps: number[] = []
    const pacer = createPacer((milliseconds) => naps.push(milliseconds))
    const from = performance.now()
    await new Promise<void>((resolve) => pacer.at(from + 50, resolve))
    expect(Math.max(0, ...naps)).toBeLessThanOrEqual(0.1)
  })

  it('can be called off', async () => {
    const pacer = createPacer()
    let called = 0
    pacer.at(performance.now() + 3, () => called++)
    pacer.cancel()
    pacer.at(performance.now() + 0.5, () => called++)
    pacer.cancel()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(called).toBe(0)
  })
})

describe('causes', () => {
  it('are counted apart up to a limit, and cut', () => {
    const causes = createCauses()
    for (let i = 0; i < 200; i++) causes.add(`cause ${i % 100}`)
    causes.add('x'.repeat(1_000), 500)
    const list = causes.list()
    expect(list).toHaveLength(51)
    expect(list[0]).toEqual({ cause: OTHER_CAUSES, count: 600 })
    expect(list.reduce((sum, { count }) => sum + count, 0)).toBe(700)
    const long = createCauses()
    long.add('x'.repeat(1_000))
    expect(long.list()[0]?.cause).toHaveLength(160)
  })
})

describe('threads', () => {
  const open = (rate: number, concurrency: number | null = null): LoadPlan['load'] => ({
    ...{ kind: 'open', rate, arrivals: 'constant', duration: 1, ramp: 0, concurrency },
  })

  it.each<[LoadPlan['load'], number, number]>([
    [closed(10_000, 10_000), 16, 1],
    [open(30_000), 16, 1],
    [open(30_001), 16, 2],
    [open(500_000), 16, 15],
    [open(500_000), 2, 1],
    [open(500_000), 1, 1],
    [open(500_000, 4), 16, 4],
  ])('%o on %i cores: %i', (load, cores, threads) => {
    expect(threadsFor(load, cores)).toBe(threads)
  })

  it('share a number without a rest', () => {
    for (const total of [0, 1, 7, 50]) {
      const shares = Array.from({ length: 7 }, (_, thread) => shareOf(total, thread, 7))
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(total)
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
    }
  })
})

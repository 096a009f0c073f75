import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import type { LoadPlan, LoadResult, Progress } from '../../../src/runtime/loadtest/index.ts'
import { type RunOptions, runLoad } from '../../../src/runtime/loadtest/run.ts'
import { loadPlanOf } from '../../support/load-result.ts'
import { type Behaviour, startRawServer } from '../../support/raw-server.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function serve(behave: Behaviour) {
  const server = await startRawServer(behave)
  closers.push(server.close)
  return server
}

function run(plan: Partial<LoadPlan>, more: Partial<RunOptions> = {}): Promise<LoadResult> {
  const options = { headers: {}, signal: new AbortController().signal, version: '0.0.0', ...more }
  return runLoad(loadPlanOf(plan), options)
}

const closed = (more: Partial<LoadPlan['load']> = {}): LoadPlan['load'] =>
  ({ kind: 'closed', concurrency: 5, requests: 50, duration: null, ...more }) as LoadPlan['load']
const open = (more: Partial<LoadPlan['load']> = {}): LoadPlan['load'] =>
  ({
    kind: 'open',
    rate: 100,
    arrivals: 'constant',
    duration: 1_000,
    ramp: 0,
    concurrency: null,
    ...more,
  }) as LoadPlan['load']

const ok = (response: ServerResponse) => response.end('ok')

/** Each operation that was due is in exactly one of these, and in exactly one second. */
function expectToAddUp(result: LoadResult): void {
  const { total, succeeded, failed, unfinished, unsent, errors, series, timeline } = result
  expect(succeeded + failed + unfinished + unsent).toBe(total)
  expect(errors.reduce((sum, { count }) => sum + count, 0)).toBe(failed)
  expect(series.latency?.count).toBe(succeeded)
  expect(timeline.reduce((sum, each) => sum + each.succeeded, 0)).toBe(succeeded)
  expect(timeline.reduce((sum, each) => sum + each.failed, 0)).toBe(failed)
}

describe('a closed loop', () => {
  it('sends as many as it was told, with so many clients', async () => {
    const held: ServerResponse[] = []
    let most = 0
    const { url, asked } = await serve((response) => {
      // Nobody is answered before all clients wait: more than those would be seen, and fewer would wait for ever.
      most = Math.max(most, held.push(response))
      if (held.length < 5) return
      setTimeout(() => held.splice(0).forEach(ok), 5)
    })
    const result = await run({ target: `${url}/x`, load: closed() }, { headers: { 'X-Key': 'secret' } })
    expect(asked).toHaveLength(50)
    expect(asked.every((each) => each.url === '/x' && each.headers['x-key'] === 'secret')).toBe(true)
    expect(most).toBe(5)
    expect(result).toMatchObject({ total: 50, succeeded: 50, failed: 0, counters: { bytes: 100 } })
    expect(result.series.latency?.min).toBeGreaterThanOrEqual(4)
    expect(JSON.stringify(result)).not.toContain('secret')
    expectToAddUp(result)
  })

  it('comes to the same with several threads, in which no operation is done twice', async () => {
    const { url, asked } = await serve(ok)
    const plan = { target: url, threads: 3, load: closed({ concurrency: 10, requests: 500 } as never) }
    const result = await run(plan)
    expect(asked).toHaveLength(500)
    expect(result).toMatchObject({ total: 500, succeeded: 500 })
    expectToAddUp(result)
  })

  it('ends after its duration, and leaves the warm-up out', async () => {
    const { url, asked } = await serve((response) => setTimeout(ok, 10, response))
    const load = closed({ requests: null, duration: 1_000 } as never)
    const result = await run({ target: url, warmup: 500, load })
    expect(result.total).toBeGreaterThan(0)
    expect(asked.length).toBeGreaterThan(result.total)
    expect(result.elapsed_ms).toBeGreaterThanOrEqual(1_000)
    expectToAddUp(result)
  })

  it('has taken as long as its requests, where they end before its duration', async () => {
    const { url } = await serve(ok)
    const result = await run({ target: url, load: closed({ duration: 600_000 } as never) })
    expect(result).toMatchObject({ total: 50, succeeded: 50 })
    expect(result.elapsed_ms).toBeLessThan(600_000)
    expect(result.rate).toBeCloseTo(50_000 / result.elapsed_ms, 5)
    expectToAddUp(result)
  })
})

describe('an open loop', () => {
  it('sends all that is due, whatever the threads', async () => {
    for (const threads of [1, 2]) {
      const { url, asked } = await serve(ok)
      const result = await run({ target: url, threads, warmup: 200, load: open() })
      expect(asked).toHaveLength(120)
      expect(result).toMatchObject({ total: 100, succeeded: 100, unsent: 0, unfinished: 0 })
      expect(result.series.service?.count).toBe(100)
      expectToAddUp(result)
    }
  })

  it('cannot be deceived by a server that stalls: latency is from when an operation was due', async () => {
    const { latency, service, result } = await runAgainstStall(null)
    expect(result).toMatchObject({ total: 600, succeeded: 600 })
    // 1 in 6 was due in the stall: the slowest waited for nearly all of it. Two loaded cores may add to that, never take away.
    expect(latency?.p50).toBeLessThan(400)
    expect(latency?.p95).toBeGreaterThan(330)
    expect(latency?.max).toBeGreaterThan(480)
    expect(service?.max).toBeGreaterThan(480)
  })

  it('cannot be deceived either when only a few may be under way: what waits counts', async () => {
    const { latency, service, wait, result } = await runAgainstStall(10)
    expect(result).toMatchObject({ total: 600, succeeded: 600, unsent: 0 })
    expect(latency?.p95).toBeGreaterThan(330)
    expect(wait?.p95).toBeGreaterThan(100)
    // Most were sent when the stall was over, and answered at once: this is what a clock at sending would tell.
    expect(service?.p95).toBeLessThan(latency?.p95 as number)
    expectToAddUp(result)
  })

  it('says what could not be sent, and that the load was not the one that was asked for', async () => {
    const { url } = await serve((response) => setTimeout(ok, 300, response))
    const stopping = new AbortController()
    const onProgress = ({ phase }: Progress) => phase === 'ending' && stopping.abort()
    const load = open({ rate: 50, concurrency: 1 } as never)
    const result = await run({ target: url, load }, { signal: stopping.signal, onProgress })
    expect(result.total).toBe(50)
    expect(result.succeeded).toBeGreaterThan(0)
    expect(result.unsent).toBeGreaterThan(30)
    expect(result.validity.valid).toBe(false)
    expect(result.validity.reasons[0]).toContain('what was due was begun in time')
    expectToAddUp(result)
  })

  it('ends in time though nobody answers and little may be under way', async () => {
    const { url } = await serve(() => {})
    const load = open({ rate: 50, concurrency: 1 } as never)
    const result = await run({ target: url, timeout: 300, load })
    expect(result.total).toBe(50)
    expect(result.unsent + result.failed).toBe(50)
    expectToAddUp(result)
  })
})

/**
 * A server that answers nothing for half a second, from the first request on that comes a second after it was first asked;
 * 200 requests a second for three.
 */
async function runAgainstStall(concurrency: number | null) {
  let began = 0
  let stalled = 0
  const { url } = await serve((response) => {
    const now = performance.now()
    began ||= now
    if (now - began >= 1_000) stalled ||= now
    setTimeout(ok, stalled > 0 && now < stalled + 500 ? stalled + 500 - now : 5, response)
  })
  const result = await run({ target: url, load: open({ rate: 200, duration: 3_000, concurrency } as never) })
  return {
    result,
    ...(result.series as Record<'latency' | 'service' | 'wait', LoadResult['series'][string]>),
  }
}

describe('failures', () => {
  it('are counted by cause', async () => {
    const { url } = await serve((response, _asked, nth) => {
      if (nth % 4 === 0) response.destroy()
      else if (nth % 4 === 1) response.writeHead(503).end()
      else ok(response)
    })
    const result = await run({ target: url, load: closed({ concurrency: 1, requests: 40 } as never) })
    expect(result).toMatchObject({ total: 40, succeeded: 20, failed: 20 })
    expect(result.errors).toEqual([
      { cause: 'connection closed', count: 10 },
      { cause: 'HTTP 503', count: 10 },
    ])
    expectToAddUp(result)
  })

  it('are what nobody answers in time', async () => {
    const { url } = await serve(() => {})
    const plan = { target: url, timeout: 300, load: closed({ concurrency: 3, requests: 6 } as never) }
    const result = await run(plan)
    expect(result.errors).toEqual([{ cause: 'timeout', count: 6 }])
  })

  it('are all there is where nobody listens', async () => {
    const { url, close } = await startRawServer(ok)
    await close()
    const result = await run({ target: url, load: open() }, { thresholds: ['errors<1%', 'p99<1s'] })
    expect(result.errors).toEqual([{ cause: 'connection refused', count: 100 }])
    expect(result.thresholds).toEqual([
      { expression: 'errors<1%', passed: false, value: 100 },
      { expression: 'p99<1s', passed: false, value: null },
    ])
  })

  it('may be expected', async () => {
    const { url } = await serve((response) => response.writeHead(404).end())
    const plan = { target: url, load: closed() }
    expect(await run({ ...plan, options: { expect: '200, 4xx' } })).toMatchObject({ succeeded: 50 })
    expect(await run(plan)).toMatchObject({ errors: [{ cause: 'HTTP 404', count: 50 }] })
  })
})

describe('a run', () => {
  it('can be ended early: what was measured is kept, and what was under way is unfinished', async () => {
    const { url } = await serve((response, _asked, nth) => (nth < 20 ? ok(response) : undefined))
    const stopping = new AbortController()
    const onProgress = ({ succeeded, in_flight }: Progress) => {
      if (succeeded === 20 && in_flight === 5) stopping.abort()
    }
    const load = closed({ requests: 1_000 } as never)
    const result = await run({ target: url, load }, { signal: stopping.signal, onProgress })
    expect(result).toMatchObject({ total: 25, succeeded: 20, failed: 0, unfinished: 5 })
    expect(result.elapsed_ms).toBeLessThan(30_000)
    expectToAddUp(result)
  })

  it('can be ended before it begins, while a scenario waits for its target', async () => {
    const asked = Promise.withResolvers<void>()
    const { url } = await serve(() => asked.resolve())
    const stopping = new AbortController()
    const plan = { scenario: 'eval', target: url, load: closed() } as const
    const running = run(plan, { signal: stopping.signal })
    await asked.promise
    stopping.abort()
    const result = await running
    expect(result).toMatchObject({ total: 0, elapsed_ms: 0, timeline: [] })
  })

  it('tells how it goes', async () => {
    const { url } = await serve(ok)
    const told: Progress[] = []
    const stopping = new AbortController()
    const onProgress = (progress: Progress) => {
      told.push(progress)
      if (told.length > 3 && progress.latency.count > 0) stopping.abort()
    }
    const load = open({ duration: 60_000 } as never)
    await run({ target: url, warmup: 2_000, load }, { signal: stopping.signal, onProgress })
    expect(told.length).toBeGreaterThan(3)
    expect(new Set(told.map(({ phase }) => phase))).toContain('warm-up')
    expect(told.at(-1)).toMatchObject({ phase: expect.stringMatching(/measuring|ending/), target_rate: 100 })
    expect(told.every(({ done }, i) => i === 0 || (done ?? 0) >= (told[i - 1]?.done ?? 0))).toBe(true)
    expect(told.at(-1)?.latency.count).toBeGreaterThan(0)
  })

  it('is not begun with thresholds or options that cannot be understood', async () => {
    const { url, asked } = await serve(ok)
    const plan = { target: url, load: closed() }
    await expect(run(plan, { thresholds: ['tokens>5'] })).rejects.toMatchObject({
      code: 'LOADTEST_THRESHOLD_INVALID',
    })
    await expect(run({ ...plan, options: { expect: 'good' } })).rejects.toMatchObject({
      code: 'LOADTEST_OPTION_INVALID',
      exitCode: 2,
    })
    await expect(run({ ...plan, threads: 6 })).rejects.toMatchObject({ field: 'threads' })
    await expect(run({ ...plan, target: 'ftp://example.org/' })).rejects.toMatchObject({
      code: 'WIRE_REQUEST_INVALID',
    })
    expect(asked).toEqual([])
  })
})

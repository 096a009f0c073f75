import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { planOf } from '../../../src/cli/loadtest/load-plan.ts'
import { type ResultFlags, runLoadtest } from '../../../src/cli/loadtest/run-loadtest.ts'
import { runRates } from '../../../src/cli/loadtest/run-rates.ts'
import type { LoadPlan, LoadResult } from '../../../src/runtime/loadtest/index.ts'
import { freePort } from '../../../src/runtime/platform/process/index.ts'
import { type Behaviour, type RawServer, startRawServer } from '../../support/raw-server.ts'

let server: RawServer
let dir: string
/** Milliseconds until it answers, and what with. */
let pause = 5
let status = 200

const behave: Behaviour = (response) => {
  setTimeout(() => response.writeHead(status).end('{}'), pause)
}

beforeEach(async () => {
  pause = 5
  status = 200
  dir = mkdtempSync(join(tmpdir(), 'agentctl-load-'))
  server = await startRawServer(behave)
})
afterEach(async () => {
  await server.close()
  rmSync(dir, { recursive: true, force: true })
})

const planFor = (
  flags: Parameters<typeof planOf>[0]['flags'],
  target = server.url,
  concurrency = 5,
): LoadPlan => planOf({ scenario: 'url', target, options: {}, flags, concurrency })

async function run(
  plan: LoadPlan,
  flags: Partial<ResultFlags> & { thresholds?: string[] } = {},
  signal = new AbortController().signal,
) {
  const { thresholds = [], ...rest } = flags
  const lines: string[] = []
  const said: string[] = []
  const outcome = await runLoadtest({
    ...{ plan, thresholds, signal, live: false, headers: { 'x-secret': 's3cret' } },
    flags: { tolerance: 10, ...rest },
    onStop() {},
    print: (line) => void lines.push(line),
    say: (line) => void said.push(line),
  })
  return { ...outcome, text: lines.join('\n'), said }
}

describe('a load test', () => {
  it('reports what it has measured, and keeps it in files without any secret', async () => {
    const [out, html, hlog] = ['a.json', 'a.html', 'a.hlog'].map((name) => join(dir, name)) as [
      string,
      string,
      string,
    ]
    const { exitCode, result, text } = await run(planFor({ requests: 40 }), { out, html, hlog })
    expect(exitCode).toBe(0)
    expect(text).toMatch(
      /^HTTP Load Test\n=+\nTarget: .*\nConcurrency: 5 requests\nAmount: 40 requests\nStarting test\.\.\.\n\n=/,
    )
    expect(text).toContain('Successful:        40 (100.0%)')
    expect(result.series.latency?.min).toBeGreaterThan(4)
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(JSON.parse(JSON.stringify(result)))
    expect(readFileSync(html, 'utf8')).toContain('<svg')
    expect(readFileSync(hlog, 'utf8')).toContain('Tag=latency')
    expect(server.asked.every(({ headers }) => headers['x-secret'] === 's3cret')).toBe(true)
    for (const file of [out, html, hlog]) expect(readFileSync(file, 'utf8')).not.toContain('s3cret')
  })

  it('is compared with an earlier one', async () => {
    const out = join(dir, 'a.json')
    // All at once, and far apart: what a busy machine adds to the quick ones is less than the slow ones take.
    const plan = planFor({ requests: 50 }, server.url, 50)
    await run(plan, { out })
    pause = 4_000
    const worse = await run(plan, { compare: out })
    expect(worse.exitCode).toBe(99)
    expect(worse.text).toMatch(/latency\.p50 .* worse\n/)
    // Compared the other way round, it has become better.
    await run(plan, { out })
    pause = 5
    const better = await run(plan, { compare: out })
    expect(better.exitCode).toBe(0)
    expect(better.text).toContain('✓ Nothing is worse')
  })

  it('refuses what cannot be compared, kept or judged before it sends anything', async () => {
    const out = join(dir, 'a.json')
    await run(planFor({ requests: 5 }), { out })
    const whole = JSON.parse(readFileSync(out, 'utf8')) as LoadResult
    const before = server.asked.length
    const bad = (name: string, content: string) => {
      writeFileSync(join(dir, name), content)
      return { compare: join(dir, name) }
    }
    const plan = planFor({ requests: 6 })
    await expect(run(plan, { compare: out })).rejects.toMatchObject({
      ...{ code: 'LOADTEST_NOT_COMPARABLE', message: expect.stringContaining('load.requests was 5') },
    })
    await expect(run(plan, { compare: join(dir, 'none') })).rejects.toMatchObject({
      code: 'LOADTEST_FILE_INVALID',
    })
    for (const [name, content] of [
      ['text', 'text'],
      ['null', 'null'],
      ['version', '{"version":2}'],
      ['plan', '{"version":1,"plan":{}}'],
      ['series', JSON.stringify({ ...whole, series: {} })],
      ['latency', JSON.stringify({ ...whole, series: { latency: {} } })],
      ['rate', JSON.stringify({ ...whole, rate: 'fast' })],
      ['counters', JSON.stringify({ ...whole, counters: undefined })],
    ] as const)
      await expect(run(plan, bad(name, content)), name).rejects.toMatchObject({
        code: 'LOADTEST_RESULT_INVALID',
      })
    await expect(run(plan, { html: join(dir, 'no', 'a.html') })).rejects.toMatchObject({
      ...{ code: 'LOADTEST_FILE_INVALID', message: expect.stringContaining('--html: ') },
    })
    await expect(run(plan, { out: dir })).rejects.toMatchObject({
      ...{ code: 'LOADTEST_FILE_INVALID', message: expect.stringContaining('it is a folder') },
    })
    await expect(run(plan, { thresholds: ['nonsense<1'] })).rejects.toMatchObject({
      code: 'LOADTEST_THRESHOLD_INVALID',
    })
    expect(server.asked.length).toBe(before)
  })

  it('ends with 99 when a threshold does not hold, and 1 when nothing has worked', async () => {
    const plan = planFor({ requests: 5 })
    expect((await run(plan, { thresholds: ['p99<10s', 'errors<1%'] })).exitCode).toBe(0)
    const slow = await run(plan, { thresholds: ['p50<1ms'] })
    expect([slow.exitCode, slow.text.includes('✗ p50<1ms: ')]).toEqual([99, true])
    status = 503
    const failed = await run(plan)
    expect(failed.exitCode).toBe(1)
    expect(failed.text).toContain('Errors:\n  5  HTTP 503')
  })

  it('does not begin where nobody listens', async () => {
    const away = `http://127.0.0.1:${await freePort()}`
    await expect(run(planFor({}, away))).rejects.toMatchObject({
      ...{ code: 'LOADTEST_UNREACHABLE', exitCode: 69, message: `${away}: nothing listens there` },
    })
    await expect(run(planFor({}, 'http://name.invalid'))).rejects.toMatchObject({
      code: 'LOADTEST_UNREACHABLE',
    })
  })

  it('ends early when it is told to, with what it has', async () => {
    const stop = new AbortController()
    const running = run(planFor({ rate: 50, duration: 60_000 }), {}, stop.signal)
    const until = setInterval(() => {
      if (server.asked.length < 20) return
      clearInterval(until)
      stop.abort()
    }, 20)
    const { result, text } = await running
    expect(result.elapsed_ms).toBeLessThan(60_000)
    expect(result.succeeded).toBeGreaterThan(10)
    expect(text).toContain('Load Test Results')
  })
})

describe('several rates', () => {
  const rated = (
    plan: LoadPlan,
    rates: Parameters<typeof runRates>[0]['rates'],
    thresholds: string[] = [],
  ) => {
    const lines: string[] = []
    const options = { headers: {}, thresholds, live: false, signal: new AbortController().signal }
    return runRates({
      ...{ plan, rates, ...options },
      onStop() {},
      print: (line) => void lines.push(line),
      say() {},
    }).then((outcome) => ({ ...outcome, lines }))
  }

  it('are run one after the other', async () => {
    const plan = planFor({ rate: 40, duration: 500 })
    const { result, exitCode, lines } = await rated(plan, { kind: 'sweep', rates: [20, 40] }, ['errors<1%'])
    expect(result.runs.map((each) => [each.rate, each.result.total])).toEqual([
      [20, 10],
      [40, 20],
    ])
    expect(exitCode).toBe(0)
    expect(lines.filter((line) => /^ +\d+\/s/.test(line))).toHaveLength(2)
  })

  it('fail when one of them breaks a threshold, or none is good', async () => {
    pause = 60
    const plan = planFor({ rate: 40, duration: 300 })
    expect((await rated(plan, { kind: 'sweep', rates: [40] }, ['p50<50ms'])).exitCode).toBe(99)
    const search = await rated(planFor({ rate: 0.3, duration: 200 }), {
      ...{ kind: 'find-max', conditions: ['p50<50ms'] },
    })
    expect(search.exitCode).toBe(99)
    expect(search.result.highest).toBeNull()
    expect(search.lines.at(-1)).toBe('None of these rates was good enough.')
  })
})

/** What is written is what is read. */
describe('a result file', () => {
  it('is read as it was written', async () => {
    const { readResult } = await import('../../../src/cli/loadtest/result-file.ts')
    const out = join(dir, 'a.json')
    const { result } = await run(planFor({ requests: 3 }), { out })
    const read: LoadResult = await readResult(out)
    expect(read).toEqual(JSON.parse(JSON.stringify(result)))
  })
})

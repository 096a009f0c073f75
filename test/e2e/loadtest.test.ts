import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LoadResult } from '../../src/runtime/loadtest/index.ts'
import { freePort } from '../../src/runtime/platform/process/index.ts'
import { agentctl, bin, startServe, type TestServe, workplace } from '../support/program.ts'
import { KEYS, openTerminal } from '../support/terminal.ts'

const place = workplace()
let serve: TestServe

beforeAll(async () => {
  place.env.AGENTCTL_MOCK_LATENCY = '5ms'
  serve = await startServe(
    place,
    '--ephemeral',
    '--roles',
    'gateway=1,worker=2,rag=1,llm=1,eval=1,executor=1,storage=1',
  )
})
afterAll(async () => {
  await serve?.stop()
  place.remove()
})

const loadtest = (...args: string[]) => agentctl(place, 'loadtest', ...args)
const resultOf = (stdout: string) => JSON.parse(stdout) as LoadResult

describe('agentctl loadtest', () => {
  it('asks the serve that runs here fifty questions, and reports', async () => {
    const { stdout, exitCode } = await loadtest('--concurrency', '50')
    expect(stdout).toMatch(
      new RegExp(
        [
          '^RAG System Load Test\\n={60}\\nTarget: http://\\S+/query\\nConcurrency: 50 requests\\nStarting test\\.\\.\\.\\n\\n',
          '={60}\\nLoad Test Results\\n={60}\\nTotal Duration: +\\d+\\.\\d\\ds\\nTotal Requests: +50\\n',
          'Successful: +50 \\(100\\.0%\\)\\nFailed: +0 \\(0\\.0%\\)\\n\\nLatency Statistics \\(ms\\):\\n',
          '  Min: +[\\d.]+\\n  P50 \\(Median\\): +[\\d.]+\\n  P95: +[\\d.]+\\n  P99: +[\\d.]+\\n  Max: +[\\d.]+\\n  Average: +[\\d.]+\\n\\n',
          'Throughput: +[\\d.]+ req/s\\n={60}\\n',
        ].join(''),
      ),
    )
    expect(stdout).toMatch(/^Server: generate +generate +50 /m)
    expect(exitCode).toBe(0)
  })

  it('takes the number of clients from the environment, and a flag before it', async () => {
    const env = { ...place.env, LT_CONCURRENCY: '7' }
    const from = await agentctl({ ...place, env }, 'loadtest', 'events')
    expect(from.stdout).toContain('Concurrency: 7 requests\n')
    expect(from.stdout).toMatch(/Successful: +7 \(100\.0%\)/)
    const flag = await agentctl({ ...place, env }, 'loadtest', 'events', '-c', '3', '--json')
    expect(resultOf(flag.stdout)).toMatchObject({ total: 3, succeeded: 3 })
    const wrong = await agentctl({ ...place, env: { ...env, LT_CONCURRENCY: 'many' } }, 'loadtest', 'events')
    expect(wrong.exitCode).toBe(2)
    expect(wrong.stderr).toContain('environment variable LT_CONCURRENCY')
  })

  it('reads chats', async () => {
    const { stdout, exitCode } = await loadtest('chat', '-c', '5', '--json')
    const { succeeded, counters, series } = resultOf(stdout)
    expect({ succeeded, exitCode }).toEqual({ succeeded: 5, exitCode: 0 })
    expect(counters).toMatchObject({ tokens: 100, lost: 0, repeated: 0 })
    expect(series.first_token?.count).toBe(5)
    expect(series.gap?.count).toBe(95)
  })

  it('has programs run', async () => {
    writeFileSync(join(place.dir, 'job.js'), 'console.log(6 * 7)')
    const good = resultOf((await loadtest('eval', '-c', '2', '--file', 'job.js', '--json')).stdout)
    expect(good).toMatchObject({ succeeded: 2, errors: [] })
    const bad = await loadtest(
      'eval',
      '-c',
      '2',
      '--language',
      'javascript',
      '--code',
      'process.exit(3)',
      '--json',
    )
    expect(bad.exitCode).toBe(1)
    expect(resultOf(bad.stdout).errors).toEqual([{ cause: 'eval failed: nonzero_exit', count: 2 }])
  })

  it('publishes events at a rate, and sees each of them', async () => {
    const { stdout, exitCode } = await loadtest(
      ...['events', '--rate', '50', '--arrivals', 'poisson', '--duration', '2s', '--warmup', '500ms'],
      ...['--consume', '--seed', '7', '--threads', '2', '--json'],
    )
    expect(exitCode).toBe(0)
    const { total, succeeded, series, plan } = resultOf(stdout)
    expect(total).toBeGreaterThan(50)
    expect(succeeded).toBe(total)
    expect(series.delivery?.count).toBe(total)
    expect(plan).toMatchObject({ seed: 7, threads: 2, warmup: 500, load: { kind: 'open', rate: 50 } })
  })

  it('ends with 99 when a threshold does not hold', async () => {
    const good = await loadtest('events', '-c', '5', '--threshold', 'p99<1m', 'errors<1%', 'rate>0')
    expect([good.exitCode, good.stdout.match(/^ {2}✓ /gm)?.length]).toEqual([0, 3])
    const bad = await loadtest('events', '-c', '5', '--threshold', 'p50<1us', '--json')
    expect(bad.exitCode).toBe(99)
    expect(resultOf(bad.stdout).thresholds).toMatchObject([{ expression: 'p50<1us', passed: false }])
    const wrong = await loadtest('events', '--threshold', 'p50 is low')
    expect([wrong.exitCode, wrong.stdout]).toEqual([2, ''])
    expect(wrong.stderr).toContain('LOADTEST_THRESHOLD_INVALID')
  })

  it('compares with an earlier result, and refuses another test', async () => {
    const first = await loadtest(
      'events',
      '-c',
      '5',
      '--out',
      'a.json',
      '--html',
      'a.html',
      '--hlog',
      'a.hlog',
    )
    expect(first.exitCode).toBe(0)
    expect(['a.html', 'a.hlog'].map((name) => existsSync(join(place.dir, name)))).toEqual([true, true])
    const same = await loadtest('events', '-c', '5', '--compare', 'a.json', '--tolerance', '1000000')
    expect(same.exitCode).toBe(0)
    expect(same.stdout).toContain('✓ Nothing is worse than in a.json')
    const faster = JSON.parse(readFileSync(join(place.dir, 'a.json'), 'utf8')) as LoadResult
    writeFileSync(join(place.dir, 'a.json'), JSON.stringify({ ...faster, rate: 1e9 }))
    expect((await loadtest('events', '-c', '5', '--compare', 'a.json')).exitCode).toBe(99)
    const other = await loadtest('events', '-c', '6', '--compare', 'a.json')
    expect(other.exitCode).toBe(2)
    expect(other.stderr).toContain('LOADTEST_NOT_COMPARABLE')
  })

  it('reports what it has measured after Ctrl-C', async () => {
    const running = loadtest('events', '--rate', '50', '--duration', '5m', '--json')
    // A line of its progress says that it is measuring, and that something has been measured.
    await new Promise((measured) =>
      running.stderr.on(
        'data',
        (text) => /measuring: [1-9]\d* ok|measuring \(\d+%\): [1-9]\d* ok/.test(text) && measured(0),
      ),
    )
    running.kill('SIGINT')
    const { exitCode, stdout } = await running
    expect(exitCode).toBe(130)
    expect(resultOf(stdout).succeeded).toBeGreaterThan(0)
  })

  it('shows how it goes on a terminal, and reports when it is told to stop', async () => {
    const args = [bin, 'loadtest', 'events', '--rate', '20', '--duration', '5m']
    const env = { ...place.env, CI: undefined }
    const terminal = openTerminal({ file: process.execPath, args, cwd: place.dir, env, cols: 100, rows: 45 })
    try {
      await terminal.until(/measuring[\s\S]*p99/, 30_000)
      terminal.type(KEYS.ctrlC)
      await terminal.until('Throughput:', 30_000)
      expect(await terminal.exited).toEqual({ exitCode: 130, signal: 0 })
      expect(terminal.text()).toMatch(/Successful: +\d+/)
      // The cursor is there again.
      expect(terminal.raw().lastIndexOf('\u001b[?25h')).toBeGreaterThan(
        terminal.raw().lastIndexOf('\u001b[?25l'),
      )
    } finally {
      await terminal.close()
    }
  })

  it('says what cannot be reached or done, and sends nothing', async () => {
    const away = await loadtest('query', `http://127.0.0.1:${await freePort()}`)
    expect([away.exitCode, away.stdout]).toEqual([69, ''])
    expect(away.stderr).toContain('LOADTEST_UNREACHABLE')
    const contrary = await loadtest('--rate', '5', '--requests', '5', '--json')
    expect(contrary.exitCode).toBe(2)
    expect(JSON.parse(contrary.stdout).error).toMatchObject({
      code: 'LOADTEST_OPTION_INVALID',
      field: 'requests',
    })
    const foreign = await loadtest('chat', '--query', 'x')
    expect([foreign.exitCode, foreign.stderr.includes('--query is of the scenario query')]).toEqual([2, true])
  })

  it('loads any URL, and finds out how much it bears', async () => {
    const health = `${serve.url}/health`
    const { stdout, exitCode } = await loadtest(health, '-c', '5', '-n', '100', '-H', 'X-Test: yes')
    expect(exitCode).toBe(0)
    expect(stdout).toContain(`HTTP Load Test\n${'='.repeat(60)}\nTarget: ${health}\n`)
    const search = await loadtest(
      health,
      '--find-max',
      'p50<1us',
      '--rate',
      '1',
      '--duration',
      '200ms',
      '--json',
    )
    expect(search.exitCode).toBe(99)
    expect(JSON.parse(search.stdout)).toMatchObject({ highest: null })
  })
})

import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { processesIn } from '../../../src/runtime/platform/process/index.ts'
import {
  EXECUTOR_TOKEN,
  postRun,
  type RunRequest,
  startChildExecutor,
  startTestExecutor,
  type TestExecutor,
} from '../../support/executor.ts'
import { eventually } from '../../support/program.ts'
import { programs } from '../../support/sandbox-programs.ts'

const is = programs.javascript
let root: string
const opened: TestExecutor[] = []

async function open(more: Record<string, unknown> = {}): Promise<TestExecutor> {
  const executor = await startTestExecutor({ sandboxDir: root, ...more })
  opened.push(executor)
  return executor
}

/** Resolves once the program has said something; the promise of its answer is beside it. */
async function started(url: string, task: object, request: RunRequest = {}) {
  let spoke = () => {}
  const speaks = new Promise<void>((resolve) => {
    spoke = resolve
  })
  const onEvent: RunRequest['onEvent'] = (event) => {
    request.onEvent?.(event)
    if (event.event === 'output') spoke()
  }
  const answer = postRun(url, task, { ...request, onEvent })
  answer.catch(() => {})
  await Promise.race([speaks, answer])
  return { answer }
}

const nothingRuns = () => eventually(() => processesIn(root).length === 0)

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'agentctl-executor-'))
  await chmod(root, 0o755) // programs are another user's where we are root
  // The snapshot of Python is made by a process that is no program of a test, and would run beside them.
  const first = await startTestExecutor({ sandboxDir: root })
  await postRun(first.url, { language: 'python', code: programs.python.hello, limits: { wall_ms: 60_000 } })
  await first.stop()
})
afterEach(async () => {
  for (const executor of opened.splice(0)) await executor.stop()
})
afterAll(() => rm(root, { recursive: true, force: true }))

describe('a program', () => {
  it('is told of as it starts, as it prints, and as it ends', async () => {
    const { url } = await open()
    const { status, headers, events } = await postRun(url, { code: is.both, args: ['x'] })
    expect(status).toBe(200)
    expect(headers['content-type']).toMatch(/^text\/event-stream/)
    expect(events[0]).toEqual({ event: 'running', data: { backend: 'deno' } })
    expect(events.slice(1, -1)).toEqual(
      expect.arrayContaining([
        { event: 'output', data: { name: 'stdout', text: 'out\n' } },
        { event: 'output', data: { name: 'stderr', text: 'err\n' } },
      ]),
    )
    expect(events.at(-1)).toMatchObject({ event: 'outcome', data: { status: 'completed', stdout: 'out\n' } })
  })

  it('runs beside another one', async () => {
    const { url } = await open({ concurrency: 2 })
    const leaving = new AbortController()
    const sleeping = await started(url, { code: is.sleeps }, { signal: leaving.signal })
    const quick = await postRun(url, { code: is.hello })
    expect(quick.outcome?.stdout).toBe('Hello, Events!\n')
    expect(await Promise.race([sleeping.answer, 'still running'])).toBe('still running')
    leaving.abort()
  })

  it('is ended when whoever wants it leaves', async () => {
    const { url } = await open({ concurrency: 1 })
    const leaving = new AbortController()
    const { answer } = await started(url, { code: is.sleeps }, { signal: leaving.signal })
    leaving.abort()
    await expect(answer).rejects.toThrow()
    await nothingRuns()
    expect((await postRun(url, { code: is.hello })).outcome?.status).toBe('completed')
  })

  it('that is waited for in silence is told of by comments', async () => {
    const { url } = await open()
    let comments = 0
    // Silent for several times as long as it takes until the first comment is due.
    const program = { code: is.twice(8_000), limits: { wall_ms: 60_000 } }
    const { answer } = await started(url, program, { onComment: () => void comments++ })
    expect((await answer).outcome?.stdout).toBe('first\nsecond\n')
    expect(comments).toBeGreaterThanOrEqual(1)
  })

  it('goes on for a client that does not read, and no further than its limits', async () => {
    const { url } = await open({ concurrency: 1 })
    const { hostname, port } = new URL(url)
    const body = JSON.stringify({
      eval_id: 'frozen',
      attempt: 1,
      language: 'javascript',
      code: `while (true) console.log('flood'.repeat(1000))`,
      limits: { output_bytes: 1024 * 1024 },
    })
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    socket.pause()
    socket.write(
      `POST /run HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${EXECUTOR_TOKEN}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
    // It may run for less time than passes between two looks.
    await eventually(async () => /^agentctl_sandbox_runs_total\{.*\} 1$/m.test(await metricsOf(url)))
    expect((await info(url)).running).toBe(0)
    expect((await postRun(url, { code: is.hello })).outcome?.status).toBe('completed')
    socket.destroy()
  })
})

describe('the line', () => {
  it('gives places in order, and refuses whoever finds it full', async () => {
    const { url } = await open({ concurrency: 1, maxWaiting: 1 })
    const first = new AbortController()
    const running = await started(url, { code: is.sleeps }, { signal: first.signal })
    const waiting = postRun(url, { code: is.hello })
    await eventually(async () => (await info(url)).waiting === 1)
    const refused = await postRun(url, { code: is.hello })
    expect(refused).toMatchObject({ status: 429, body: { code: 'SANDBOX_BUSY' } })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1)
    first.abort()
    await running.answer.catch(() => {})
    expect((await waiting).outcome?.stdout).toBe('Hello, Events!\n')
  })

  it('of Python keeps nobody else waiting', async () => {
    const { url } = await open({ concurrency: 2 })
    const leaving = new AbortController()
    const { answer } = await started(
      url,
      { language: 'python', code: programs.python.sleeps },
      { signal: leaving.signal },
    )
    const second = postRun(url, { language: 'python', code: programs.python.hello })
    await eventually(async () => (await info(url)).waiting === 1)
    expect((await postRun(url, { code: is.hello })).outcome?.status).toBe('completed')
    leaving.abort()
    await answer.catch(() => {})
    const { events, outcome } = await second
    expect(outcome?.stdout).toBe('Hello, Events!\n')
    expect(events[0]?.event).toBe('running')
  })

  it('forgets who leaves it', async () => {
    const { url } = await open({ concurrency: 1 })
    const first = new AbortController()
    const running = await started(url, { code: is.sleeps }, { signal: first.signal })
    const second = new AbortController()
    const waiting = postRun(url, { code: is.hello }, { signal: second.signal })
    await eventually(async () => (await info(url)).waiting === 1)
    second.abort()
    await expect(waiting).rejects.toThrow()
    await eventually(async () => (await info(url)).waiting === 0)
    first.abort()
    await running.answer.catch(() => {})
  })
})

describe('the door', () => {
  it.each([
    ['no secret', ''],
    ['another secret', 'wrong'],
    ['a part of the secret', EXECUTOR_TOKEN.slice(0, -1)],
  ])('stays shut for %s', async (_, token) => {
    const { url } = await open()
    expect(await postRun(url, { code: is.hello }, { token })).toMatchObject({
      status: 401,
      body: { code: 'EXECUTOR_TOKEN_REFUSED' },
    })
  })

  it('is not built without a secret', async () => {
    await expect(open({ executorToken: undefined })).rejects.toMatchObject({ code: 'EXECUTOR_TOKEN_MISSING' })
  })

  it.each([
    ['no code', { code: undefined }, /body\.code/],
    ['a language that is none', { code: 'x', language: 'cobol' }, /body\.language/],
    ['a limit beyond the largest', { code: 'x', limits: { memory_mb: 4_096 } }, /body\.limits\.memory_mb/],
    ['a name that is no name', { code: 'x', eval_id: '../x' }, /body\.eval_id/],
  ])('refuses %s, and names it', async (_, task, culprit) => {
    const { url } = await open()
    const { status, body } = await postRun(url, task)
    expect(status).toBe(400)
    expect(body).toMatchObject({ code: 'HTTP_INVALID', detail: expect.stringMatching(culprit) })
  })
})

describe('the executor', () => {
  it('says what it runs programs in', async () => {
    const { url, facts } = await open()
    expect(facts).toMatchObject({
      backend: 'deno',
      isolation: 'process',
      languages: 'python,javascript,typescript',
    })
    expect(await info(url)).toMatchObject({ backend: 'deno', isolation: 'process', running: 0, waiting: 0 })
    expect(await (await fetch(`${url}/ready`)).json()).toEqual({ status: 'ready', checks: { sandbox: 'ok' } })
    await postRun(url, { code: is.hello })
    expect(await metricsOf(url)).toMatch(
      /agentctl_sandbox_runs_total\{backend="deno",language="javascript",status="completed",role="executor"\} 1/,
    )
  })

  it('takes Deno where no docker-proxy answers, and says why', async () => {
    const { facts } = await open({ backend: 'auto', dockerProxy: `unix://${root}/nobody.sock` })
    expect(facts).toMatchObject({ backend: 'deno', why: expect.stringMatching(/^docker: ./) })
  })

  it('does not start without a sandbox', async () => {
    const starting = open({ backend: 'docker', dockerProxy: `unix://${root}/nobody.sock` })
    await expect(starting).rejects.toMatchObject({
      code: 'SANDBOX_MISSING',
      message: expect.stringMatching(/^docker: ./),
    })
  })

  it('lets programs end when it is told to stop, and takes no more', async () => {
    const executor = await startTestExecutor({ sandboxDir: root, concurrency: 1 })
    // It does not end before the other one stands in line, for which a busy machine may need seconds.
    const running = await started(executor.url, { code: is.twice(5_000) })
    const waiting = postRun(executor.url, { code: is.hello })
    await eventually(async () => (await info(executor.url)).waiting === 1)
    const stopping = executor.stop()
    expect((await waiting).events.at(-1)).toMatchObject({
      event: 'error',
      data: { code: 'EXECUTOR_STOPPING', status: 503 },
    })
    expect(await postRun(executor.url, { code: is.hello })).toMatchObject({
      status: 503,
      body: { code: 'EXECUTOR_STOPPING' },
    })
    expect((await running.answer).outcome?.stdout).toBe('first\nsecond\n')
    await stopping
    await nothingRuns()
  })

  it('ends programs that take longer than it may take to stop', async () => {
    const executor = await startTestExecutor({ sandboxDir: root, drainTimeout: 200 })
    const { answer } = await started(executor.url, { code: is.sleeps })
    const ended = answer.catch((error: Error) => error)
    await expect(executor.stop()).rejects.toMatchObject({ code: 'DRAIN_TIMEOUT' })
    await ended
    await nothingRuns()
  })

  it('leaves nothing running and nothing lying about when it is killed', async () => {
    const executor = await startChildExecutor(root)
    const running = [
      await started(executor.url, { code: is.sleeps, limits: { wall_ms: 60_000 } }),
      await started(executor.url, { language: 'python', code: programs.python.spins }),
    ]
    expect(processesIn(root).length).toBe(2)
    await executor.kill()
    for (const { answer } of running) await answer.catch(() => {})
    await nothingRuns()
    await eventually(async () => !(await readdir(root)).some((name) => name.startsWith('live-')))
  })

  it('keeps its secret from programs', async () => {
    const executor = await startChildExecutor(root)
    const path = `/proc/${executor.pid}/environ`
    const reads = `for (const read of [() => Deno.readTextFileSync('${path}'), () => process.getBuiltinModule('node:fs').readFileSync('${path}', 'utf8')]) try { console.log(read()) } catch (error) { console.log('refused') }`
    const { outcome } = await postRun(executor.url, { code: reads })
    expect(outcome?.stdout).toBe('refused\nrefused\n')
    const imports = `import text from '${`file://${path}`}' with { type: 'text' }\nconsole.log(text)`
    const imported = await postRun(executor.url, { code: imports })
    expect(imported.outcome).toMatchObject({ status: 'failed', stdout: '' })
    expect(imported.outcome?.stderr).not.toContain(EXECUTOR_TOKEN)
    await executor.kill()
    await nothingRuns()
  })
})

const metricsOf = async (url: string) => (await fetch(`${url}/metrics`)).text()

async function info(url: string): Promise<{ running: number; waiting: number }> {
  return (await fetch(url)).json() as Promise<{ running: number; waiting: number }>
}

import { afterEach, describe, expect, it } from 'vitest'
import { createExecutorClient, type RunCall } from '../../../src/runtime/evaluation/worker/executor-client.ts'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { CallTimedOut, ConnectionLost } from '../../../src/runtime/platform/http-client/index.ts'
import { task } from '../../../src/runtime/sandbox/index.ts'
import { startExecutorStub, TOKEN } from '../../support/executor-stub.ts'
import { eventually } from '../../support/program.ts'

let closer = createCloser()
afterEach(async () => {
  await closer.close()
  closer = createCloser()
})

async function open(options: { silence?: number; line?: number; grace?: number; heartbeat?: number } = {}) {
  const { heartbeat = 50, ...limits } = options
  const stub = closer.add(await startExecutorStub({ heartbeat }), (opened) => opened.close())
  const client = closer.add(createExecutorClient({ token: TOKEN, ...limits }), (opened) => opened.close())
  const run = (code: string, call: Partial<RunCall> = {}, wall_ms = 10_000) => {
    const given = task.parse({ eval_id: 'e1', attempt: 1, language: 'python', code, limits: { wall_ms } })
    return client.run(stub.url, given, { signal: new AbortController().signal, ...call })
  }
  return { stub, run }
}

describe('the client of an executor', () => {
  it('tells of the start and of output in order, and returns the outcome', async () => {
    const { run } = await open()
    const told: string[] = []
    const outcome = await run('print a\nerror b\nprint ü', {
      onRunning: (backend) => told.push(backend),
      onOutput: (name, text) => told.push(`${name} ${text}`),
    })
    expect(told).toEqual(['deno', 'stdout a\n', 'stderr b\n', 'stdout ü\n'])
    expect(outcome).toMatchObject({ status: 'completed', stdout: 'a\nü\n', stderr: 'b\n' })
  })

  it('takes comments for signs of life, and nothing for the end of one', async () => {
    const { run } = await open({ silence: 4_000 })
    expect(await run('sleep 6000\nprint late')).toMatchObject({ stdout: 'late\n' })
    await expect(run('freeze')).rejects.toBeInstanceOf(CallTimedOut)
  })

  it('leaves the line when it takes too long, as if there were no room', async () => {
    const { run } = await open({ line: 3_000 })
    await expect(run('line 60000')).rejects.toMatchObject({ code: 'SANDBOX_BUSY' })
    expect(await run('line 10\nsleep 4000')).toMatchObject({ status: 'completed' })
  })

  it('does not believe that a program runs beyond its limit', async () => {
    const { run } = await open({ grace: 100 })
    await expect(run('sleep 60000', {}, 200)).rejects.toBeInstanceOf(CallTimedOut)
  })

  it.each(['die', 'garble'])('takes "%s" for the loss of the executor', async (code) => {
    const { run } = await open()
    await expect(run(`print a\n${code}`)).rejects.toBeInstanceOf(ConnectionLost)
  })

  it('ends the program with the signal, and rejects with its reason', async () => {
    const { run, stub } = await open()
    const stop = new AbortController()
    const running = run('print a\nwait', {
      signal: stop.signal,
      onOutput: () => stop.abort(new Error('enough')),
    })
    await expect(running).rejects.toThrow('enough')
    await eventually(() => stub.killed.includes('e1') && stub.running === 0)
  })

  it('gives up an executor that is known to be gone', async () => {
    const { run, stub } = await open()
    const gone = new AbortController()
    const running = run('wait', { gone: gone.signal, onRunning: () => gone.abort() })
    await expect(running).rejects.toBeInstanceOf(ConnectionLost)
    await eventually(() => stub.running === 0)
  })

  it('passes on what the executor says, with the time to wait', async () => {
    const { run, stub } = await open()
    stub.refuse({ status: 429, code: 'SANDBOX_BUSY', retryAfter: 2 })
    await expect(run('print a')).rejects.toMatchObject({
      code: 'SANDBOX_BUSY',
      status: 429,
      retryAfter: 2_000,
    })
    stub.refuse({ status: 401, code: 'EXECUTOR_TOKEN_REFUSED' })
    await expect(run('print a')).rejects.toMatchObject({ code: 'EXECUTOR_TOKEN_REFUSED', status: 401 })
  })
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EvaluationEntry, isTerminal } from '../../src/runtime/evaluation/messages.ts'
import { type ChannelMessage, listenToChannels } from '../../src/runtime/inspect/index.ts'
import { connectRedis, disconnectRedis } from '../../src/runtime/platform/redis/index.ts'
import { call } from '../support/events.ts'
import { agentctl, bin, eventually, startServe, type TestServe, workplace } from '../support/program.ts'
import { silent } from '../support/redis.ts'

const place = workplace()
let serve: TestServe

beforeAll(async () => {
  serve = await startServe(place, '--ephemeral', '--roles', 'gateway=1,eval=1,executor=1,storage=1')
})

afterAll(async () => {
  await serve?.stop()
  place.remove()
})

/** Files of the workplace. */
function write(name: string, text: string): string {
  writeFileSync(join(place.dir, name), text)
  return name
}

describe('an evaluation over HTTP', () => {
  it('is accepted, run and stored, and everybody is told', async () => {
    const subscriber = connectRedis({
      ...{ url: serve.redisUrl, purpose: 'subscriber', name: 'test', log: silent },
    })
    const stop = new AbortController()
    const heard: ChannelMessage[] = []
    const listening = Promise.withResolvers<void>()
    const hearing = (async () => {
      const patterns = ['evaluation:*', 'storage:*']
      for await (const message of listenToChannels(subscriber, patterns, stop.signal, listening.resolve))
        heard.push(message)
    })()
    await listening.promise

    const accepted = await call(serve.url, '/api/eval', { body: { code: 'print("Hello, Events!")' } })
    expect(accepted).toMatchObject({ status: 202, body: { status: 'queued' } })
    const path = String(accepted.body.status_url)
    expect(path).toBe(`/api/eval-status/${accepted.body.eval_id}`)
    const ended = await call(serve.url, `${path}?wait=60000`)
    expect(ended).toMatchObject({
      status: 200,
      body: { status: 'completed', stdout: 'Hello, Events!\n', stderr: '', exit_code: 0, attempts: 1 },
    })

    // One row, with all that is known from the beginning to the end.
    await eventually(async () => {
      const { body } = await call(serve.url, '/api/evals?status=completed')
      const [row] = body.evaluations as { eval_id: string; language: string }[]
      return row?.eval_id === accepted.body.eval_id && row?.language === 'python'
    })
    const told = [
      'evaluation:queued',
      'evaluation:started',
      'evaluation:completed',
      'storage:evaluation:created',
    ]
    await eventually(() => told.every((channel) => heard.some((message) => message.channel === channel)))
    stop.abort()
    await hearing
    await disconnectRedis(subscriber)
    const evaluationsOnly = heard.filter(({ channel }) => channel.startsWith('evaluation:'))
    expect(evaluationsOnly.map(({ channel }) => channel)).toEqual(told.slice(0, 3))
    expect(JSON.parse(evaluationsOnly[2]?.message ?? '')).toMatchObject({ stdout: 'Hello, Events!\n' })
  })

  it('is refused with what is wrong with it', async () => {
    const refused = (body: object) => call(serve.url, '/api/eval', { body })
    expect(await refused({})).toMatchObject({ status: 400, body: { field: 'body.code' } })
    expect(await refused({ code: 'x', colour: 1 })).toMatchObject({ status: 400 })
    expect(await refused({ code: 'x', language: 'cobol' })).toMatchObject({
      status: 422,
      body: { code: 'EVAL_LANGUAGE_UNKNOWN' },
    })
    expect(await refused({ code: 'x'.repeat(256 * 1024 + 1) })).toMatchObject({
      status: 413,
      body: { code: 'EVAL_CODE_TOO_LARGE' },
    })
    expect(await call(serve.url, '/api/eval-status/nobody')).toMatchObject({
      status: 404,
      body: { code: 'EVAL_UNKNOWN' },
    })
  })
})

describe('eval run', () => {
  it('shows what a program writes, gives it stdin and arguments, and ends with its exit code', async () => {
    write('data.txt', 'from stdin\n')
    const file = write(
      'tool.py',
      'import sys\nprint(input(), sys.argv[1:])\nprint("trouble", file=sys.stderr)\nsys.exit(3)\n',
    )
    const run = await agentctl(place, 'eval', 'run', file, '--stdin', 'data.txt', '--', 'one', '--two')
    expect(run.stdout).toBe("from stdin ['one', '--two']")
    expect(run.stderr).toBe('trouble')
    expect(run.exitCode).toBe(3)
  })

  it.each([
    ['js', 'console.log([1, 2].map((n) => n * 2).join())', '2,4'],
    ['ts', 'const n: number = 42\nconsole.log(n)', '42'],
  ])('runs .%s', async (ending, code, output) => {
    const run = await agentctl(place, 'eval', 'run', write(`hello.${ending}`, code))
    expect([run.stdout, run.exitCode]).toEqual([output, 0])
  })

  it('shows output as it comes', async () => {
    const file = write('slow.js', 'console.log("first"); setTimeout(() => console.log("second"), 60000)')
    const running = execa(process.execPath, [bin, 'eval', 'run', file, '--timeout', '60s'], {
      cwd: place.dir,
      env: place.env,
      reject: false,
    })
    const [first] = await Promise.race([once(running.stdout), running.then(() => ['ended'])])
    expect(String(first)).toBe('first\n')
    running.kill('SIGINT')
    const { exitCode, stderr } = await running
    expect(exitCode).toBe(130)
    expect(stderr).toContain('cancelled')
    // Its row is written a moment after its end.
    await eventually(async () => {
      const { body } = await call(serve.url, '/api/evals?status=cancelled')
      return (body.evaluations as unknown[]).length === 1
    })
  })

  it('tells of a limit, and of a file that is not there', async () => {
    const slow = await agentctl(
      place,
      'eval',
      'run',
      write('loop.js', 'setInterval(() => {}, 1)'),
      '--timeout',
      '1s',
    )
    expect([slow.exitCode, slow.stderr]).toEqual([124, expect.stringContaining('longer than it may')])
    const missing = await agentctl(place, 'eval', 'run', 'missing.py')
    expect([missing.exitCode, missing.stderr]).toEqual([2, expect.stringContaining('missing.py')])
    const unknown = await agentctl(place, 'eval', 'run', write('a.rb', 'puts 1'))
    expect([unknown.exitCode, unknown.stderr]).toEqual([2, expect.stringContaining('--language')])
  })
})

describe('the other commands of eval', () => {
  it('submit without waiting, show, list and cancel', async () => {
    const file = write('long.js', 'setInterval(() => {}, 1000)')
    const { stdout: id } = await agentctl(place, 'eval', 'run', file, '--detach', '--timeout', '60s')
    await eventually(async () => (await call(serve.url, `/api/eval-status/${id}`)).body.status === 'running')
    const cancel = await agentctl(place, 'eval', 'cancel', id)
    expect([cancel.exitCode, cancel.stderr]).toEqual([0, expect.stringContaining(id)])
    const shown = await agentctl(place, 'eval', 'status', id, '--wait', '30s', '--json')
    expect(JSON.parse(shown.stdout)).toMatchObject({ eval_id: id, status: 'cancelled' })
    expect((await agentctl(place, 'eval', 'status', id)).stdout).toContain('cancelled')
    const again = await agentctl(place, 'eval', 'cancel', id)
    expect([again.exitCode, again.stderr]).toEqual([1, expect.stringContaining('EVAL_FINISHED')])
    await eventually(async () => (await agentctl(place, 'eval', 'ls', '-o', 'name')).stdout.includes(id))
    const nobody = await agentctl(place, 'eval', 'status', 'nobody')
    expect([nobody.exitCode, nobody.stderr]).toEqual([3, expect.stringContaining('EVAL_UNKNOWN')])
  })
})

describe('storage replay', () => {
  it('stores what the history of events has', async () => {
    // Rows are written a moment after the ends they tell of.
    const told = await agentctl(place, 'event', 'history', 'evaluation.queued', '-n', '1000', '-o', 'name')
    let before = await call(serve.url, '/api/evals')
    await eventually(async () => {
      before = await call(serve.url, '/api/evals')
      const rows = before.body.evaluations as EvaluationEntry[]
      const whole = rows.filter(({ status, queued_at }) => isTerminal(status) && queued_at !== null)
      return whole.length === told.stdout.split('\n').length
    })
    const { stdout, exitCode } = await agentctl(place, 'storage', 'replay', '--json')
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ created: 0, refused: 0 })
    expect(await call(serve.url, '/api/evals')).toEqual(before)
  })
})

describe('tail channel', () => {
  it('shows messages as they come, and ends after so many', async () => {
    const tail = agentctl(place, 'tail', 'channel', 'evaluation:*', '-n', '1', '--json')
    await once(tail.stderr)
    await call(serve.url, '/api/eval', { body: { code: '1', language: 'javascript' } })
    const { stdout, exitCode } = await tail
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ channel: 'evaluation:queued', message: { status: 'queued' } })
    const none = await agentctl(place, 'tail', 'channel')
    expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining('no channel is named')])
  })
})

function once(stream: NodeJS.ReadableStream): Promise<[unknown]> {
  return new Promise((resolve) => stream.once('data', (data) => resolve([data])))
}

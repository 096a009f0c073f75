import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCloser, folders } from '../../src/runtime/kernel/index.ts'
import { freePort } from '../../src/runtime/platform/process/index.ts'
import { findRedisServer, type RedisProgram } from '../../src/runtime/platform/redis/index.ts'
import { call, openLive } from '../support/events.ts'
import { agentctl, bin, eventually, startServe, type TestServe, workplace } from '../support/program.ts'

const place = workplace()
const closer = createCloser()
let serve: TestServe
let program: RedisProgram

beforeAll(async () => {
  program = await findRedisServer({ cache: folders().cache, say: () => {} })
  serve = await startServe(place, '--ephemeral', '--roles', 'gateway')
})

afterAll(async () => {
  await closer.close()
  await serve?.stop()
  place.remove()
})

const lines = (text: string) => text.split('\n').filter(Boolean)

interface Ended {
  exitCode?: number | undefined
  stdout: string
  stderr: string
}

/** Runs a command that is expected to succeed. */
async function output(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await agentctl(place, ...args)
  expect([args, exitCode, stderr]).toEqual([args, 0, stderr])
  return stdout
}

function withInput(input: string, ...args: string[]): Promise<Ended> {
  return execa(process.execPath, [bin, ...args], { cwd: place.dir, env: place.env, input, reject: false })
}

/** A client program that knows nothing of agentctl. */
async function redisCli(...args: string[]): Promise<string> {
  const port = new URL(serve.redisUrl).port
  const { stdout } = await execa(program.client ?? 'redis-cli', ['-p', port, ...args], { env: program.env })
  return stdout
}

/** A worker that is ready, until the tests end; in an object, as the child itself would be waited for. */
async function worker(...args: string[]): Promise<{ child: ReturnType<typeof agentctl> }> {
  const child = agentctl(place, 'worker', ...args)
  closer.add(child, async () => {
    child.kill('SIGTERM')
    await child
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk
  })
  await eventually(
    () => said.includes('worker is ready'),
    20_000,
    () => said,
  )
  return { child }
}

describe('agentctl event publish', () => {
  it('prints the id of the event, or its receipt, and stores a repeat once', async () => {
    expect(await output('event', 'publish', 'order.placed', '{"total":5}', '--id', 'o-1')).toBe('o-1')
    const again = await agentctl(
      place,
      'event',
      'publish',
      'order.placed',
      '{"total":5}',
      '--id',
      'o-1',
      '--json',
    )
    expect(JSON.parse(again.stdout)).toMatchObject({
      event_id: 'o-1',
      event_type: 'order.placed',
      duplicate: true,
    })
    expect(lines(await output('event', 'history', 'order.placed', '-o', 'ndjson'))).toHaveLength(1)
  })

  it('takes the data from stdin, one event or one a line', async () => {
    const one = await withInput('{\n  "total": 7\n}', 'event', 'publish', 'order.piped', '-')
    expect(one.exitCode).toBe(0)
    const input = Array.from({ length: 600 }, (_, n) => `{"n":${n}}\n`).join('\n')
    const many = await withInput(input, 'event', 'publish', 'order.many', '--stdin-lines', '--json')
    expect(lines(many.stdout)).toHaveLength(600)
    const history = lines(await output('event', 'history', 'order.many', '-n', '1000', '-o', 'ndjson'))
    expect(history.map((line) => JSON.parse(line).data.n)).toEqual(Array.from({ length: 600 }, (_, n) => n))
  })

  it('says which line is wrong', async () => {
    const { exitCode, stdout, stderr } = await withInput(
      '{"task_id":"1"}\n{}\n',
      'event',
      'publish',
      'task.created',
      '--stdin-lines',
    )
    expect([exitCode, lines(stdout).length]).toEqual([2, 1])
    expect(stderr).toContain('line 2: data.task_id')
  })

  it('says what is wrong, with an exit code that tells', async () => {
    const cases: [string[], number, string][] = [
      [['event', 'publish', 'Order.Placed'], 2, 'EVENT_TYPE_INVALID'],
      [['event', 'publish', 'order.placed', '{'], 2, 'EVENT_DATA_INVALID'],
      [['event', 'publish', 'task.created', '{}'], 2, 'data.task_id'],
      [['event', 'publish', 'order.placed', '{}', '--replicas', '1'], 69, 'EVENT_NOT_DURABLE'],
      [['event', 'request', 'order.placed', '[1]'], 2, 'EVENT_DATA_INVALID'],
      [['event', 'request', 'nobody.listens', '--timeout', '100ms'], 75, 'EVENT_REQUEST_TIMEOUT'],
      [['event', 'history', 'order.placed', '--from', 'yesterday'], 2, 'EVENT_CURSOR_INVALID'],
      [['event', 'replay', 'order.placed'], 2, '--handler'],
      [['event', 'replay', 'order.placed', '--handler', './none.ts'], 2, 'EVENT_HANDLER_INVALID'],
      [['event', 'schema', 'order.placed'], 3, 'SCHEMA_NOT_FOUND'],
      [['dlq', 'show', 'order.placed', '1-0'], 3, 'EVENT_NOT_FOUND'],
      [['dlq', 'retry', 'order.placed'], 2, '--all'],
      [['tail', 'events', 'none.such'], 3, 'STREAM_NOT_FOUND'],
      [['worker', '--exec', 'true'], 2, '--subscribe'],
      [['worker', '--subscribe', 'order.placed'], 2, '--handler'],
      [['worker', '--subscribe', 'Order', '--exec', 'true'], 2, 'EVENT_TYPE_INVALID'],
    ]
    for (const [args, code, named] of cases) {
      const { exitCode, stderr } = await agentctl(place, ...args)
      expect([args, exitCode, stderr]).toEqual([args, code, expect.stringContaining(named)])
    }
  })
})

describe('a worker with --subscribe and --exec', () => {
  it('handles events, replies to requests, and gives up what is wrong', async () => {
    const seen = join(place.dir, 'seen.ndjson')
    const command = [
      'read -r event',
      `echo "$event" >> ${seen}`,
      'case "$event" in *broken*) echo "cannot be done" >&2; exit 65;; esac',
      'echo "{\\"by\\":\\"$AGENTCTL_EVENT_TYPE\\"}"',
    ].join('; ')
    const running = await worker('--subscribe', 'job.wanted,job.asked', '--exec', command, '--group', 'jobs')

    expect(await output('event', 'request', 'job.asked', '{"n":1}')).toBe('{\n  "by": "job.asked"\n}')
    const reply = await agentctl(place, 'event', 'request', 'job.asked', '{"n":1}', '--json')
    expect(JSON.parse(reply.stdout)).toEqual({ status: 'success', result: { by: 'job.asked' } })

    const failed = await agentctl(place, 'event', 'request', 'job.wanted', '{"broken":true}')
    expect([failed.exitCode, failed.stderr]).toEqual([1, expect.stringContaining('cannot be done')])
    // The one who asked is told first.
    await expect
      .poll(async () => JSON.parse(await output('dlq', 'ls', '-o', 'json')))
      .toMatchObject([{ type: 'job.wanted', count: 1 }])
    const [id = ''] = lines(await output('dlq', 'show', 'job.wanted', '-o', 'name'))
    expect(await output('dlq', 'show', 'job.wanted', id)).toContain('exit code 65: cannot be done')
    expect(JSON.parse(await output('dlq', 'show', 'job.wanted', id, '-o', 'json'))).toMatchObject({
      id,
      reason: 'fatal',
      deliveries: 1,
      origin: { stream: 'agent:stream:job.wanted', group: 'jobs' },
      event: { event_type: 'job.wanted', data: { broken: true } },
    })

    running.child.kill('SIGTERM')
    expect((await running.child).exitCode).toBe(0)
    const missing = await agentctl(place, 'dlq', 'retry', 'job.wanted', id, '1-0')
    expect([missing.exitCode, missing.stderr]).toEqual([3, expect.stringContaining('1-0')])
    expect(
      JSON.parse((await agentctl(place, 'dlq', 'retry', 'job.wanted', '--all', '--json')).stdout),
    ).toEqual({
      retried: [],
    })
    expect(lines(await output('event', 'history', 'job.wanted', '-o', 'ndjson'))).toHaveLength(2)
  })

  it('runs a module too, and shows its metrics', async () => {
    const file = join(place.dir, 'handler.ts')
    writeFileSync(file, 'export default (data: { n: number }) => ({ double: data.n * 2 })')
    const port = String(await freePort())
    await worker('--subscribe', 'double.wanted', '--handler', file, '--metrics-port', port)
    expect(await output('event', 'request', 'double.wanted', '{"n":21}')).toContain('42')
    // The one who asked is told first.
    const metrics = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    await expect.poll(metrics).toMatch(/^events_processed_total\{.*event_type="double.wanted".*\} 1$/m)
    await expect.poll(metrics).toMatch(/^agentctl_handlers_running\{.*\} 0$/m)
  })
})

describe('agentctl dlq', () => {
  it('removes letters when it is sure that this is wanted', async () => {
    await redisCli(
      'XADD',
      'agent:dlq:old.one',
      '1-0',
      'event_id',
      'e',
      'data',
      '{',
      'x-reason',
      'undecodable',
    )
    const asked = await agentctl(place, 'dlq', 'purge', 'old.one')
    expect([asked.exitCode, asked.stderr]).toEqual([4, expect.stringContaining('CONFIRMATION_NEEDED')])
    expect(await output('dlq', 'purge', 'old.one', '--dry-run')).toContain(
      'Would remove 1 dead letter of old.one',
    )
    const purged = await agentctl(place, 'dlq', 'purge', 'old.one', '--older-than', '1d', '--yes', '--json')
    expect(JSON.parse(purged.stdout)).toMatchObject({ dry_run: false, result: { removed: 1 } })
    expect(await output('dlq', 'show', 'old.one', '-o', 'name')).toBe('')
  })

  it('puts letters back, to be handled when the cause is mended', async () => {
    const [mended, handled] = [join(place.dir, 'mended'), join(place.dir, 'handled')]
    const command = `test -e ${mended} || exit 65; echo "$AGENTCTL_EVENT_ID" >> ${handled}`
    await worker('--subscribe', 'retried.one', '--exec', command, '--group', 'g')
    const event = await output('event', 'publish', 'retried.one', '{"n":1}')
    await eventually(async () => (await output('dlq', 'ls', '-o', 'name')).includes('retried.one'))
    writeFileSync(mended, '')
    const [line] = lines(await output('dlq', 'retry', 'retried.one', '--all'))
    // A shell makes the file before it writes to it.
    await eventually(() => existsSync(handled) && readFileSync(handled, 'utf8') !== '')
    expect(lines(readFileSync(handled, 'utf8'))).toEqual([event])
    const history = lines(await output('event', 'history', 'retried.one', '-o', 'ndjson'))
    expect(history.map((text) => JSON.parse(text).event_id)).toEqual([event, event])
    expect(JSON.parse(history[1] ?? '').id).toBe(line?.split(/ +/)[1])
  })
})

describe('agentctl event history, replay and tail events', () => {
  beforeAll(async () => {
    for (let n = 1; n <= 5; n++)
      await redisCli(
        'XADD',
        'agent:stream:step.taken',
        `${n}-0`,
        'event_id',
        `s${n}`,
        'event_type',
        'step.taken',
        'data',
        `{"n":${n}}`,
      )
    await redisCli('XADD', 'agent:stream:step.taken', '6-0', 'event_id', 's6', 'data', '{')
    await redisCli('XADD', 'agent:stream:response:s1', '*', 'data', '{"status":"success"}')
  })

  it('show a part of what there is', async () => {
    const ids = async (...args: string[]) =>
      lines(await output('event', 'history', 'step.taken', '-o', 'name', ...args))
    expect(await ids('-n', '2')).toEqual(['1-0', '2-0'])
    expect(await ids('--from', '2-0', '--to', '3-0')).toEqual(['2-0', '3-0'])
    expect(await ids('--desc', '--to', '4-0', '-n', '2')).toEqual(['4-0', '3-0'])
    const { stdout, stderr } = await agentctl(place, 'event', 'history', 'step.taken', '-n', '5')
    expect(lines(stdout)[1]).toMatch(/^1-0 +1970-01-01T00:00:00.001Z +s1 +\{"n":1\}$/)
    expect(stderr).toContain('--from 6-0')
    expect(JSON.parse(await output('event', 'history', 'step.taken', '--json'))).toMatchObject({
      events: [{ id: '1-0', event_id: 's1', data: { n: 1 } }, {}, {}, {}, {}],
      undecodable: [{ id: '6-0' }],
      next: null,
    })
  })

  it('replay to a command, and say where to go on after a failure', async () => {
    expect(
      lines(await output('event', 'replay', 'step.taken', '--exec', 'cut -c1-12', '--to', '2-0')),
    ).toEqual(['{"id":"1-0",', '{"id":"2-0",'])
    const failing = 'read -r event; case "$event" in *"\\"n\\":3"*) exit 1;; esac'
    const stopped = await agentctl(place, 'event', 'replay', 'step.taken', '--exec', failing)
    expect([stopped.exitCode, stopped.stderr]).toEqual([1, expect.stringContaining('--from 3-0')])
    const whole = await agentctl(
      place,
      'event',
      'replay',
      'step.taken',
      '--exec',
      failing,
      '--keep-going',
      '--json',
    )
    expect(JSON.parse(whole.stdout)).toEqual({ handled: 4, failed: 1, undecodable: 1 })
  })

  it('tail events of one type, or of all, without replies', async () => {
    expect(lines(await output('tail', 'events', 'step.taken', '-n', '2'))).toEqual([
      '5-0  step.taken  s5  {"n":5}',
      expect.stringMatching(/^6-0 {2}step\.taken {2}undecodable: /),
    ])
    const all = lines(await output('tail', 'events', '--from', 'first', '--json')).map((line) =>
      JSON.parse(line),
    )
    expect(all.filter(({ event_type }) => event_type === 'step.taken')).toHaveLength(6)
    expect(
      all.every(({ event_type }) => typeof event_type === 'string' && !event_type.startsWith('response')),
    ).toBe(true)
    expect(lines(await output('tail', 'events', 'step.*', '--filter', 'n=3', '--json'))).toEqual([
      expect.stringContaining('"event_id":"s3"'),
    ])
  })
})

describe('agentctl event schema', () => {
  it('registers a schema for everybody, shows and removes it', async () => {
    const file = join(place.dir, 'schema.json')
    writeFileSync(
      file,
      JSON.stringify({ type: 'object', properties: { total: { type: 'number' } }, required: ['total'] }),
    )
    await output('event', 'schema', 'bill.paid', '--register', file, '--schema-version', '2')
    expect(await output('event', 'schema')).toMatch(/^bill\.paid +2 +stored +total\*$/m)
    expect(JSON.parse(await output('event', 'schema', 'bill.paid'))).toMatchObject({ required: ['total'] })
    const refused = await agentctl(place, 'event', 'publish', 'bill.paid', '{"total":"5"}')
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('data.total')])
    await output('event', 'schema', 'bill.paid', '--remove', '--schema-version', '2')
    expect(
      (await agentctl(place, 'event', 'schema', 'bill.paid', '--remove', '--schema-version', '2')).exitCode,
    ).toBe(3)
  })
})

describe('a program that knows only Redis', () => {
  it('publishes, requests and consumes', async () => {
    await worker('--subscribe', 'foreign.asked', '--exec', 'echo "{\\"ok\\":true}"')
    const data = '{"doc":1,"response_stream":"agent:stream:response:f1"}'
    await redisCli(
      ...['XADD', 'agent:stream:foreign.asked', '*', 'event_id', 'f1', 'event_type', 'foreign.asked'],
      ...['timestamp', '2026-01-01T00:00:00+00:00', 'data', data],
    )
    const reply = await redisCli(
      'XREAD',
      'COUNT',
      '1',
      'BLOCK',
      '20000',
      'STREAMS',
      'agent:stream:response:f1',
      '0',
    )
    expect(reply).toContain('{"status":"success","result":{"ok":true}}')

    const id = await output('event', 'publish', 'foreign.told', '{"n":1}')
    await redisCli('XGROUP', 'CREATE', 'agent:stream:foreign.told', 'python', '0')
    const entry = lines(
      await redisCli('XREADGROUP', 'GROUP', 'python', 'p1', 'STREAMS', 'agent:stream:foreign.told', '>'),
    )
    const fields = entry.slice(2)
    expect([fields[0], fields[1], fields[2], fields[3]]).toEqual([
      'event_id',
      id,
      'event_type',
      'foreign.told',
    ])
    expect([fields[4], fields[6], fields[7]]).toEqual(['timestamp', 'data', '{"n":1}'])
  })
})

describe('the gateway of a serve', () => {
  it('publishes events and shows them live, over the connections it has anyway', async () => {
    const client = await openLive(serve.url, '/events/order.shown/live?from=first')
    closer.add(client, () => client.close())
    const { status, body } = await call(serve.url, '/events/order.shown', { body: { total: 3 } })
    expect(status).toBe(201)
    const [frame] = await client.seen(1)
    expect([frame?.id, JSON.parse(frame?.data ?? '').data]).toEqual([body.id, { total: 3 }])
    const late = await call(serve.url, '/events/order.asked/request?timeout=50ms', { body: {} })
    expect(late).toMatchObject({ status: 504, body: { code: 'EVENT_REQUEST_TIMEOUT' } })
    const connections = lines(await redisCli('CLIENT', 'LIST')).filter((line) =>
      line.includes('name=agentctl:gateway'),
    )
    expect(connections).toHaveLength(2)
    const spec = (await call(serve.url, '/openapi.json')).body.paths as object
    expect(Object.keys(spec)).toEqual(
      expect.arrayContaining(['/events/{type}', '/events/{type}/live', '/events/{type}/request']),
    )
  })
})

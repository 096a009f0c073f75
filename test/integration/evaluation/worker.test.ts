import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CANCEL_CHANNEL, outputKey } from '../../../src/runtime/evaluation/keys.ts'
import { openWorkerScene, type WorkerScene } from '../../support/evaluation-worker.ts'
import { eventually } from '../../support/program.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let scene: WorkerScene

beforeAll(async () => {
  server = await startTestRedis()
})
afterAll(() => server.close())
beforeEach(async () => {
  scene = await openWorkerScene(server)
  await scene.redis.flushall()
})
afterEach(() => scene.close())

describe('a worker', () => {
  it('takes an evaluation to its end, told in order under ids that follow from it', async () => {
    const stub = await scene.stub()
    await scene.worker([stub])
    const heard = await scene.listen()
    const id = await scene.submit('print hello', { stdin: 'given', args: ['a', 'b'] })
    const told = await scene.done(id)

    expect(told.map(({ type, id: event }) => [type, event])).toEqual([
      ['evaluation.queued', `${id}.1`],
      ['evaluation.started', `${id}.2`],
      ['evaluation.completed', `${id}.1000`],
    ])
    expect(told[1]?.data).toMatchObject({ status: 'running', attempts: 1, worker: expect.any(String) })
    expect(told[2]?.data).toMatchObject({
      ...{ status: 'completed', reason: null, exit_code: 0, stdout: 'hello\n', stderr: '', attempts: 1 },
      ...{ backend: 'deno', executor: stub.url, truncated: false, detail: null },
      started_at: told[1]?.data.started_at,
      finished_at: expect.any(String),
    })
    const channels = () => heard.filter(({ data }) => data.eval_id === id).map(({ channel }) => channel)
    await expect.poll(channels).toEqual(['evaluation:queued', 'evaluation:started', 'evaluation:completed'])
    expect(stub.tasks).toEqual([
      expect.objectContaining({
        eval_id: id,
        attempt: 1,
        stdin: 'given',
        args: ['a', 'b'],
        language: 'python',
      }),
    ])
  })

  it('keeps how a program has failed', async () => {
    await scene.worker([await scene.stub()])
    const id = await scene.submit('error broken\nexit 3')
    expect((await scene.done(id)).at(-1)).toMatchObject({
      type: 'evaluation.failed',
      data: { status: 'failed', reason: 'nonzero_exit', exit_code: 3, stderr: 'broken\n', attempts: 1 },
    })
  })

  it('tells that it was queued when nobody has', async () => {
    const id = await scene.submit('print x')
    await scene.redis.del('agent:stream:evaluation.queued')
    await scene.redis.hdel(`eval:record:${id}`, 'told')
    // The bus remembers the ids it has seen.
    const seen = await scene.redis.keys('*agent:stream:evaluation.queued*')
    if (seen.length > 0) await scene.redis.del(...seen)
    await scene.worker([await scene.stub()])
    const told = await scene.done(id)
    expect(told.map(({ type }) => type)).toContain('evaluation.queued')
    expect(told[0]).toMatchObject({ id: `${id}.1`, data: { code: 'print x', status: 'queued' } })
  })

  it('goes by the lanes of the queue', async () => {
    const stub = await scene.stub()
    const ids = [await scene.submit('print 1'), await scene.submit('print 2')]
    const first = await scene.submit('print first', { priority: 'high' })
    await scene.worker([stub], { evalConcurrency: 1 })
    for (const id of ids) await scene.ended(id)
    expect(stub.tasks[0]?.eval_id).toBe(first)
  })

  it('ends what it cannot understand', async () => {
    const id = await scene.submit('print x')
    await scene.redis.hset(
      `{eval}:evaluations:${id}`,
      'data',
      JSON.stringify({ eval_id: id, language: 'cobol' }),
    )
    await scene.worker([await scene.stub()])
    expect((await scene.done(id)).at(-1)?.data).toMatchObject({
      status: 'failed',
      reason: 'infra_error',
      detail: expect.stringContaining('language'),
    })
  })

  it('does 1,000 jobs beside another worker, each once', async () => {
    const stubs = [await scene.stub(), await scene.stub()]
    await scene.worker(stubs, { evalConcurrency: 16 })
    await scene.worker(stubs, { evalConcurrency: 16 })
    const ids: string[] = []
    for (let i = 0; i < 1_000; i++) ids.push(await scene.submit(`print ${i}`))
    await eventually(
      async () => (await scene.redis.xlen('agent:stream:evaluation.completed')) >= 1_000,
      55_000,
      () => `${stubs[0]?.tasks.length} and ${stubs[1]?.tasks.length} run`,
    )
    expect(await scene.redis.xlen('agent:stream:evaluation.completed')).toBe(1_000)
    expect(await scene.redis.xlen('agent:stream:evaluation.started')).toBe(1_000)
    const tasks = stubs.flatMap((stub) => stub.tasks)
    expect(new Set(tasks.map(({ eval_id }) => eval_id)).size).toBe(1_000)
    expect(tasks).toHaveLength(1_000)
    const facts = await Promise.all(ids.map((id) => scene.records.read(id)))
    facts.forEach((known, i) => {
      expect(known).toMatchObject({ status: 'completed', stdout: `${i}\n`, attempts: 1 })
    })
  })
})

describe('cancelling', () => {
  it('ends what runs, with the output so far, and the program with it', async () => {
    const stub = await scene.stub()
    await scene.worker([stub])
    const id = await scene.submit('print partly\nwait')
    await stub.begun(1)
    await eventually(async () => (await scene.output(id)).length > 0)
    expect(await scene.records.cancel(id)).toEqual({ state: 'requested' })
    await scene.redis.publish(CANCEL_CHANNEL, id)
    expect((await scene.done(id)).at(-1)).toMatchObject({
      id: `${id}.1000`,
      type: 'evaluation.cancelled',
      data: { status: 'cancelled', stdout: 'partly\n', reason: null, backend: 'deno', attempts: 1 },
    })
    await eventually(() => stub.killed.includes(id))
  })

  it('is heard of without the message, too', async () => {
    const stub = await scene.stub()
    await scene.worker([stub])
    const id = await scene.submit('wait')
    await stub.begun(1)
    await scene.records.cancel(id)
    expect((await scene.done(id)).at(-1)?.type).toBe('evaluation.cancelled')
  })

  it('ends what waits for an executor', async () => {
    const stub = await scene.stub()
    await stub.crash()
    await scene.worker([stub])
    const id = await scene.submit('print x')
    expect(await scene.records.cancel(id)).toMatchObject({ state: 'cancelled' })
    expect((await scene.done(id)).at(-1)).toMatchObject({ type: 'evaluation.cancelled' })
    expect(stub.tasks).toEqual([])
  })

  it('before the worker comes leaves it only to tell', async () => {
    const stub = await scene.stub()
    const id = await scene.submit('print x')
    await scene.records.cancel(id)
    await scene.worker([stub])
    const told = await scene.done(id)
    expect(told.map(({ type }) => type)).toEqual(['evaluation.queued', 'evaluation.cancelled'])
    expect(stub.tasks).toEqual([])
  })

  it('goes before the attempt that follows a crash', async () => {
    const stub = await scene.stub()
    const child = await scene.process([stub])
    const id = await scene.submit('wait')
    await stub.begun(1)
    child.kill('SIGSTOP')
    await scene.records.cancel(id)
    child.kill('SIGKILL')
    await scene.worker([stub])
    expect((await scene.done(id)).at(-1)).toMatchObject({
      type: 'evaluation.cancelled',
      data: { attempts: 1 },
    })
    expect(stub.tasks).toHaveLength(1)
  })
})

describe('live output', () => {
  it('is written as it comes, with where it belongs, and says when it ends', async () => {
    const stub = await scene.stub()
    await scene.worker([stub])
    const id = await scene.submit(
      'print one\nprint two\nerror oops\nwait\nprint three\nerror 4\nsleep 200\nprint 5',
    )
    await eventually(async () => (await scene.output(id)).length >= 2)
    stub.go()
    await scene.ended(id)
    await eventually(async () => (await scene.output(id)).at(-1)?.kind === 'end')
    const entries = await scene.output(id)
    expect(entries.at(-1)).toEqual({ kind: 'end', attempt: '1' })
    for (const name of ['stdout', 'stderr'] as const) {
      let text = ''
      for (const entry of entries.filter((one) => one.name === name)) {
        expect(entry).toMatchObject({ kind: 'output', attempt: '1', at: String(text.length) })
        text += entry.text
      }
      expect(text).toBe((await scene.records.read(id))?.[name])
    }
    const life = () => scene.redis.ttl(outputKey(id))
    await expect.poll(life).toBeLessThanOrEqual(60)
    expect(await life()).toBeGreaterThan(0)
  })

  it('begins anew with another attempt', async () => {
    const stub = await scene.stub()
    await scene.worker([stub])
    const id = await scene.submit('on 1 print first\non 1 sleep 200\non 1 die\nprint second')
    await scene.done(id)
    await eventually(async () => (await scene.output(id)).at(-1)?.kind === 'end')
    const entries = (await scene.output(id)).map(({ kind, attempt }) => `${kind} ${attempt}`)
    expect(entries.slice(0, 2)).toEqual(['output 1', 'attempt 2'])
    expect(entries.at(-1)).toBe('end 2')
    expect(await scene.records.read(id)).toMatchObject({ stdout: 'second\n', attempts: 2 })
  })
})

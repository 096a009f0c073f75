import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openWorkerScene, type WorkerScene } from '../../support/evaluation-worker.ts'
import type { ExecutorStub } from '../../support/executor-stub.ts'
import { type LossyProxy, startLossyProxy } from '../../support/faults.ts'
import { eventually } from '../../support/program.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let proxy: LossyProxy
let scene: WorkerScene
let stub: ExecutorStub

beforeAll(async () => {
  server = await startTestRedis(false)
})
afterAll(() => server.close())
beforeEach(async () => {
  scene = await openWorkerScene(server)
  await scene.redis.flushall()
  proxy = await startLossyProxy(server.url)
  stub = await scene.stub()
})
afterEach(async () => {
  await scene.close()
  await proxy.close()
})

/** What begins the command of a script, once the server knows it. */
function script(name: string): RegExp {
  const lua = readFileSync(new URL(`../../../src/runtime/evaluation/${name}.lua`, import.meta.url))
  return new RegExp(createHash('sha1').update(lua).digest('hex'))
}

/** Everything of it, with its one end. */
async function toldOnce(id: string) {
  const told = await scene.done(id)
  const ends = told.filter(({ data }) => data.seq === 1_000)
  expect(ends.map(({ id: event }) => event)).toEqual([`${id}.1000`])
  expect(await scene.redis.hget(`eval:record:${id}`, 'status')).toBe(ends[0]?.data.status)
  return { told, end: ends[0]?.data }
}

/** A worker process that has done one job already, so that Redis knows its scripts. */
async function experienced() {
  const child = await scene.process([stub], { redisUrl: proxy.url })
  await scene.done(await scene.submit('print warm'))
  return child
}

describe('a worker that is killed', () => {
  it.each([
    ['when its attempt is counted', () => script('begin'), 2],
    ['when the start is told', () => /evaluation\.started/, 2],
    ['when the end is in the record', () => script('finish'), 1],
    ['when the end is told', () => /evaluation\.completed/, 1],
    ['when the job is done', () => /evaluations:completed/, 1],
  ])('%s leaves one end', async (_when, command, attempts) => {
    const child = await experienced()
    const reached = proxy.loseReplyTo(command())
    const id = await scene.submit(attempts === 1 ? 'print whole' : 'on 1 wait\nprint whole')
    await reached
    child.kill('SIGKILL')
    await scene.worker([stub])
    const { end } = await toldOnce(id)
    expect(end).toMatchObject({ status: 'completed', stdout: 'whole\n', attempts })
  })

  it('while the program runs, leaves it to another attempt', async () => {
    const child = await scene.process([stub])
    const id = await scene.submit('print whole\non 1 wait')
    await stub.begun(1)
    await eventually(async () => (await scene.told(id)).some(({ id: event }) => event === `${id}.2`))
    child.kill('SIGKILL')
    await scene.worker([stub])
    const { told, end } = await toldOnce(id)
    expect(end).toMatchObject({ status: 'completed', stdout: 'whole\n', attempts: 2 })
    expect(told.map(({ id: event }) => event)).toEqual([`${id}.1`, `${id}.2`, `${id}.4`, `${id}.1000`])
    await eventually(() => stub.killed.includes(id))
  })

  it('with the outcome unread, leaves it to another attempt', async () => {
    const child = await scene.process([stub])
    const id = await scene.submit('print whole\non 1 wait')
    await stub.begun(1)
    child.kill('SIGSTOP')
    stub.go()
    await eventually(() => stub.running === 0)
    child.kill('SIGKILL')
    await scene.worker([stub])
    expect((await toldOnce(id)).end).toMatchObject({ status: 'completed', attempts: 2 })
  })

  it('three times by the same evaluation, ends it', async () => {
    const id = await scene.submit('wait')
    for (let i = 1; i <= 3; i++) {
      const child = await scene.process([stub])
      await stub.begun(i)
      child.kill('SIGKILL')
    }
    await scene.worker([stub])
    expect((await toldOnce(id)).end).toMatchObject({ status: 'failed', reason: 'infra_error', attempts: 3 })
    expect(stub.tasks).toHaveLength(3)
  })
})

describe('a worker that is paused', () => {
  it('does not overwrite what another one has done meanwhile', async () => {
    const child = await scene.process([stub])
    const id = await scene.submit('on 1 print old\non 1 wait\non 2 print new')
    await stub.begun(1)
    child.kill('SIGSTOP')
    await scene.worker([stub])
    const { end } = await toldOnce(id)
    stub.go()
    child.kill('SIGCONT')
    await eventually(() => stub.running === 0)
    // It has finished another one since, so it was awake.
    await scene.done(await scene.submit('print later'))
    expect(end).toMatchObject({ stdout: 'new\n', attempts: 2 })
    expect((await toldOnce(id)).end).toEqual(end)
    expect(await scene.records.read(id)).toMatchObject({ stdout: 'new\n' })
  })
})

describe('a worker that ends', () => {
  it('lets what runs come to its end', async () => {
    const worker = await scene.worker([stub], { drainTimeout: '20s' })
    const id = await scene.submit('wait\nprint whole')
    await stub.begun(1)
    const stopped = worker.stop()
    stub.go()
    await stopped
    expect((await toldOnce(id)).end).toMatchObject({ status: 'completed', attempts: 1 })
  })

  it('hands what takes too long to another one', async () => {
    const worker = await scene.worker([stub], { drainTimeout: '200ms' })
    const id = await scene.submit('on 1 wait\nprint whole')
    await stub.begun(1)
    await worker.stop()
    expect(await scene.redis.llen('{eval}:evaluations:active')).toBe(0)
    await scene.worker([stub])
    expect((await toldOnce(id)).end).toMatchObject({ status: 'completed', attempts: 2 })
  })

  it('hands back at once what has not begun, and that costs no attempt', async () => {
    const away = await scene.stub()
    await away.crash()
    const worker = await scene.worker([], { executorUrls: undefined, drainTimeout: '60s' })
    const id = await scene.submit('print whole')
    await eventually(async () => (await scene.redis.llen('{eval}:evaluations:active')) === 1)
    await worker.stop()
    expect(await scene.redis.llen('{eval}:evaluations:active')).toBe(0)
    await scene.worker([stub])
    expect((await toldOnce(id)).end).toMatchObject({ status: 'completed', attempts: 1 })
  })
})

describe('Redis', () => {
  it('may be restarted while programs run', async () => {
    await scene.worker([stub], { lockDuration: '5s' })
    const ids = [await scene.submit('wait\nprint 1'), await scene.submit('wait\nprint 2')]
    await stub.begun(2)
    await server.kill()
    stub.go()
    await eventually(() => stub.running === 0)
    await server.start()
    for (const id of ids) expect((await toldOnce(id)).end).toMatchObject({ status: 'completed' })
  })

  it('does not hold up the end of a worker while it is away', async () => {
    const worker = await scene.worker([stub], { drainTimeout: '100ms' })
    const id = await scene.submit('on 1 wait\nprint whole')
    await stub.begun(1)
    await server.kill()
    try {
      await worker.stop()
    } finally {
      await server.start()
    }
    await scene.worker([stub])
    expect((await toldOnce(id)).end).toMatchObject({ status: 'completed', attempts: 2 })
  })
})

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
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

async function endOf(id: string) {
  const told = await scene.done(id)
  expect(told.filter(({ data }) => data.seq === 1_000)).toHaveLength(1)
  return told.at(-1)?.data
}

describe('an executor that is lost', () => {
  it.each([
    ['dies', 'on 1 die\nprint whole'],
    ['ends the program in its own shutdown', 'on 1 cancelled\nprint whole'],
    ['answers with what is no outcome', 'on 1 garble\nprint whole'],
  ])('because it %s, is followed by another one', async (_what, code) => {
    const stubs = [await scene.stub(), await scene.stub()]
    await scene.worker(stubs)
    const id = await scene.submit(code)
    expect(await endOf(id)).toMatchObject({ status: 'completed', stdout: 'whole\n', attempts: 2 })
    expect(stubs.map(({ tasks }) => tasks.length)).toEqual([1, 1])
    const started = (await scene.told(id)).filter(({ type }) => type === 'evaluation.started')
    expect(started.map(({ id: event, data }) => [event, data.attempts])).toEqual([
      [`${id}.2`, 1],
      [`${id}.4`, 2],
    ])
  })

  it('is noticed although its connection stays open', async () => {
    const stubs = [await scene.stub(), await scene.stub()]
    await scene.worker(stubs)
    const id = await scene.submit('on 1 freeze\nprint whole')
    expect(await endOf(id)).toMatchObject({ status: 'completed', attempts: 2 })
  })

  it('is not what says nothing while its program is silent', async () => {
    const stub = await scene.stub()
    await scene.worker([stub])
    const id = await scene.submit('sleep 12000\nprint late')
    expect(await endOf(id)).toMatchObject({ status: 'completed', stdout: 'late\n', attempts: 1 })
  })

  it('ends the evaluation when it happens three times, and says why', async () => {
    const stub = await scene.stub()
    await scene.worker([stub])
    const id = await scene.submit('print lost\ndie')
    expect(await endOf(id)).toMatchObject({
      ...{ status: 'failed', reason: 'infra_error', attempts: 3, exit_code: null, stdout: 'lost\n' },
      detail: expect.stringContaining(stub.url),
    })
    expect(stub.tasks.map(({ attempt }) => attempt)).toEqual([1, 2, 3])
  })

  it('costs no attempt of a program that stood in its line', async () => {
    const stub = await scene.stub()
    await scene.worker([stub])
    const id = await scene.submit('line 5000\nprint whole')
    for (let time = 1; time <= 4; time++) {
      await eventually(() => stub.tasks.length === time)
      await stub.crash()
      await stub.restart()
    }
    expect(await endOf(id)).toMatchObject({ status: 'completed', stdout: 'whole\n', attempts: 1 })
    expect(stub.tasks.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1])
  })

  it('costs an attempt when the sandbox says that it has failed', async () => {
    const stub = await scene.stub()
    await scene.worker([stub])
    stub.refuse({ status: 503, code: 'SANDBOX_FAILED' })
    const id = await scene.submit('print x')
    expect(await endOf(id)).toMatchObject({
      ...{ status: 'failed', reason: 'infra_error', attempts: 3 },
      detail: expect.stringContaining('SANDBOX_FAILED'),
    })
  })
})

describe('an executor that does not take the program', () => {
  it('is waited for while it is away, and that costs no attempt', async () => {
    const stub = await scene.stub()
    await stub.crash()
    await scene.worker([stub])
    const ids = [await scene.submit('print 1'), await scene.submit('print 2')]
    // Long enough for it to be out: it was asked five times in vain.
    await eventually(async () =>
      (await scene.redis.keys('*executor*')).length > 0 ? (await health(stub.url)) !== 'closed' : false,
    )
    expect(await scene.records.readState(ids[0] as string)).toMatchObject({ attempts: 1 })
    await stub.restart()
    for (const id of ids) expect(await endOf(id)).toMatchObject({ status: 'completed', attempts: 1 })
  })

  it('is waited for when none has ever registered', async () => {
    await scene.worker([], { executorUrls: undefined })
    const id = await scene.submit('print x')
    await eventually(async () => (await scene.redis.llen('{eval}:evaluations:active')) === 1)
    expect(await scene.records.readState(id)).toMatchObject({ status: 'queued', attempts: 0 })
  })

  it('because it has too much to do is asked again, without costing an attempt', async () => {
    const stub = await scene.stub()
    await scene.worker([stub])
    stub.refuse({ status: 429, code: 'SANDBOX_BUSY', retryAfter: 1 })
    const id = await scene.submit('print x')
    await eventually(async () => (await scene.records.readState(id))?.status === 'running')
    await new Promise((later) => setTimeout(later, 500))
    stub.refuse(undefined)
    expect(await endOf(id)).toMatchObject({ status: 'completed', attempts: 1 })
    expect((await scene.told(id)).map(({ type }) => type)).toEqual([
      'evaluation.queued',
      'evaluation.started',
      'evaluation.completed',
    ])
  })

  it('because it is shutting down leaves it to another one', async () => {
    const [away, here] = [await scene.stub(), await scene.stub()]
    away.refuse({ status: 503, code: 'HTTP_DRAINING' })
    await scene.worker([away, here])
    const ids = [await scene.submit('print 1'), await scene.submit('print 2'), await scene.submit('print 3')]
    for (const id of ids) expect(await endOf(id)).toMatchObject({ executor: here.url, attempts: 1 })
  })

  it('because it has not its language leaves it to one that has', async () => {
    const [poor, rich] = [await scene.stub(), await scene.stub()]
    poor.refuse({ status: 503, code: 'SANDBOX_LANGUAGE_MISSING' })
    await scene.worker([poor, rich])
    const ids = [await scene.submit('print 1'), await scene.submit('print 2'), await scene.submit('print 3')]
    for (const id of ids) expect(await endOf(id)).toMatchObject({ executor: rich.url, attempts: 1 })
  })

  it('ends the evaluation when none has the language', async () => {
    const stubs = [await scene.stub(), await scene.stub()]
    for (const stub of stubs) stub.refuse({ status: 503, code: 'SANDBOX_LANGUAGE_MISSING' })
    await scene.worker(stubs)
    const id = await scene.submit('print 1')
    expect(await endOf(id)).toMatchObject({
      ...{ status: 'failed', reason: 'infra_error', attempts: 1 },
      detail: expect.stringMatching(/no executor runs python/),
    })
  })

  it('because of the secret ends the evaluation at once, and says so', async () => {
    const stub = await scene.stub()
    await scene.worker([stub], { executorToken: 'another' })
    const id = await scene.submit('print 1')
    expect(await endOf(id)).toMatchObject({
      ...{ status: 'failed', reason: 'infra_error', attempts: 1 },
      detail: expect.stringContaining('EXECUTOR_TOKEN_REFUSED'),
    })
    expect(stub.tasks).toEqual([])
  })
})

describe('a worker without a secret', () => {
  it('does not start', async () => {
    await expect(scene.worker([await scene.stub()], { executorToken: undefined })).rejects.toMatchObject({
      code: 'EXECUTOR_TOKEN_MISSING',
      kind: 'usage',
    })
  })
})

async function health(url: string): Promise<string> {
  const { createBalancer } = await import('../../../src/runtime/balancer/index.ts')
  const { silent } = await import('../../support/redis.ts')
  const balancer = createBalancer({ redis: scene.redis, pool: 'executor', urls: [url], log: silent })
  try {
    return (await balancer.replicas()).find((replica) => replica.url === url)?.health ?? 'closed'
  } finally {
    await balancer.close()
  }
}

import { describe, expect, it } from 'vitest'
import { connectRedis, disconnectRedis } from '../../src/runtime/platform/redis/index.ts'
import { heldHandler } from '../support/held-handler.ts'
import { agentctl, eventually, type TestServe } from '../support/program.ts'
import { silent } from '../support/redis.ts'
import { createScene } from '../support/scene.ts'
import { numbers, readStream, type StreamResult, upTo } from '../support/sse.ts'

// A worker that died is noticed after this time, so the tests do not take long.
const QUICK = { AGENTCTL_LOCK_DURATION: '2s' }

const scene = createScene()
const start = (...args: string[]) => scene.serve(args, QUICK)

/** A worker beside the serve, once it is there for jobs; in an object, as the child itself would be waited for. */
async function startWorker(redisUrl: string, ...args: string[]) {
  const child = agentctl(scene.place, 'worker', '--redis-url', redisUrl, ...args)
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk
  })
  await eventually(
    () => said.includes('worker is ready'),
    60_000,
    () => said,
  )
  return { child }
}

/** Reads chats at once, and calls `fault` as soon as each has shown `after` messages. */
async function readDuring(
  url: string,
  chats: readonly string[],
  after: number,
  fault: () => Promise<void>,
): Promise<StreamResult[]> {
  let reached = () => {}
  const allReached = new Promise<void>((resolve) => {
    reached = resolve
  })
  const counts = new Map(chats.map((chat) => [chat, 0]))
  const reading = chats.map((chat) =>
    readStream(url, {
      chat,
      onFrame() {
        counts.set(chat, (counts.get(chat) ?? 0) + 1)
        if ([...counts.values()].every((count) => count >= after)) reached()
      },
    }),
  )
  await allReached
  await fault()
  return Promise.all(reading)
}

function expectWhole(result: StreamResult): void {
  expect(result.frames.filter((frame) => frame.event !== undefined)).toEqual([])
  expect(numbers(result.messages)).toEqual(upTo(20))
  expect(result.done).toBe(true)
}

function replicaOf(status: TestServe['status'], role: string): TestServe['status']['replicas'][number] {
  const replica = status.replicas.find((candidate) => candidate.role === role)
  if (!replica) throw new Error(`no ${role} runs`)
  return replica
}

/** The server's own process, not the shell that guards it. */
async function redisPidOf({ redisUrl }: TestServe): Promise<number> {
  const redis = connectRedis({ url: redisUrl, purpose: 'request', name: 'test', log: silent })
  const info = await redis.info('server')
  await disconnectRedis(redis)
  return Number(/^process_id:(\d+)/m.exec(info)?.[1])
}

const CHATS = upTo(12).map((i) => `chat-${i}`)

describe('a worker', () => {
  it('killed with SIGKILL: another continues its streams, no message is lost or repeated', async () => {
    const { url, status, ps } = await start('--ephemeral')
    const victim = status.replicas.find((replica) => replica.name === 'worker-1')
    const results = await readDuring(url, CHATS, 4, async () => {
      process.kill(victim?.pid ?? 0, 'SIGKILL')
    })
    for (const result of results) expectWhole(result)
    const workers = new Set(
      results.flatMap((result) => result.messages.map((message) => message.container_id)),
    )
    expect(workers.size).toBeGreaterThan(1)
    await eventually(async () => {
      const replica = (await ps()).replicas.find(({ name }) => name === 'worker-1')
      return replica?.state === 'ready' && replica.pid !== victim?.pid
    })
  })

  it('paused past its lease and resumed: what it still writes changes nothing', async () => {
    const { url, status } = await start('--ephemeral')
    const pid = status.replicas.find((replica) => replica.name === 'worker-1')?.pid ?? 0
    let resumed: NodeJS.Timeout | undefined
    const results = await readDuring(url, CHATS, 4, async () => {
      process.kill(pid, 'SIGSTOP')
      resumed = setTimeout(() => process.kill(pid, 'SIGCONT'), 5_000)
    })
    for (const result of results) expectWhole(result)
    clearTimeout(resumed)
    process.kill(pid, 'SIGCONT')
  })

  it('that is missing altogether: clients are told so instead of waiting for ever, and the job is kept', async () => {
    const { url, redisUrl } = await scene.serve(['--ephemeral', '--roles', 'gateway'], {
      AGENTCTL_WORKER_WAIT: '1s',
    })
    const { frames, done } = await readStream(url, { chat: 'alone' })
    expect(done).toBe(false)
    expect(JSON.parse(frames.at(-1)?.data ?? '{}')).toMatchObject({ code: 'CHAT_NO_WORKER', status: 503 })
    const { child } = await startWorker(redisUrl)
    const later = await readStream(url, { chat: 'alone' })
    expectWhole(later)
    child.kill('SIGTERM')
    expect((await child).exitCode).toBe(0)
  })
})

describe('the last worker of a pool', () => {
  it('killed in the middle of a stream: clients are told, and the next worker finishes the answer', async () => {
    const env = { ...QUICK, AGENTCTL_WORKER_WAIT: '1s' }
    const { url, redisUrl } = await scene.serve(['--ephemeral', '--roles', 'gateway'], env)
    const { file, goOn } = heldHandler(scene.place.dir)
    const { child } = await startWorker(redisUrl, '--handler', file)
    const [result] = await readDuring(url, ['orphan'], 3, async () => {
      child.kill('SIGKILL')
      await child
    })
    expect(JSON.parse(result?.frames.at(-1)?.data ?? '{}')).toMatchObject({ code: 'CHAT_NO_WORKER' })
    goOn()
    const { child: next } = await startWorker(redisUrl, '--handler', file)
    expectWhole(await readStream(url, { chat: 'orphan' }))
    next.kill('SIGTERM')
    await next
  })

  it('of a feature killed in the middle of a stream: the default pool finishes the answer', async () => {
    const { file, goOn } = heldHandler(scene.place.dir)
    const { url, redisUrl } = await start('--ephemeral', '--handler', file)
    const { child: own } = await startWorker(redisUrl, '--feature', 'test', '--handler', file)
    await eventually(async () => {
      const { messages } = await readStream(url, { chat: `probe-${Date.now()}`, leaveAfter: 1 })
      return messages[0]?.container_feature_id === 'test'
    })
    const [result] = await readDuring(url, ['orphan'], 3, async () => {
      own.kill('SIGKILL')
      await own
      goOn()
    })
    if (result) expectWhole(result)
    expect(new Set(result?.messages.map((message) => message.container_feature_id))).toEqual(
      new Set(['test', 'default']),
    )
  })
})

describe('Redis', () => {
  it.each([
    ['alone', redisPidOf],
    ['with all its group', async ({ status }: TestServe) => -(replicaOf(status, 'redis').pid ?? 0)],
  ])(
    'killed %s and restarted in the middle of streams: every reader gets every message once, in order',
    async (_how, victim) => {
      const started = await start()
      const { url, ps } = started
      const pid = await victim(started)
      const results = await readDuring(url, CHATS, 6, async () => {
        process.kill(pid, 'SIGKILL')
      })
      for (const result of results) expectWhole(result)
      await eventually(
        async () => (await ps()).replicas.find((replica) => replica.role === 'redis')?.restarts === 1,
      )
    },
  )

  it('flushed in the middle of a stream: readers are told of the gap and get the whole answer', async () => {
    const { file, goOn } = heldHandler(scene.place.dir)
    const { url, redisUrl } = await start('--ephemeral', '--handler', file)
    const redis = connectRedis({ url: redisUrl, purpose: 'request', name: 'test', log: silent })
    const [result] = await readDuring(url, ['flushed'], 5, async () => {
      await redis.flushall()
      goOn()
    })
    await disconnectRedis(redis)
    const gap = result?.frames.findIndex((frame) => frame.event === 'gap') ?? -1
    expect(gap).toBeGreaterThanOrEqual(5)
    const after = result?.frames.slice(gap + 1) ?? []
    expect(after.slice(0, -1).map((frame) => JSON.parse(frame.data).id)).toEqual(upTo(20).map(String))
    expect(after.at(-1)?.data).toBe('[DONE]')
  })
})

describe('the gateway', () => {
  it('killed in the middle of a stream: `agentctl chat` connects again and shows every message once', async () => {
    const { file, goOn } = heldHandler(scene.place.dir)
    const { url, status } = await start('--ephemeral', '--handler', file)
    const gateway = status.replicas.find((replica) => replica.role === 'gateway')
    const client = agentctl(scene.place, 'chat', 'test', 'cut', '--json', '--gateway-url', url)
    let lines = 0
    client.stdout.on('data', (chunk: Buffer) => {
      lines += chunk.toString().split('\n').length - 1
      if (lines >= 5 && gateway?.pid) {
        process.kill(gateway.pid, 'SIGKILL')
        gateway.pid = null
        goOn()
      }
    })
    const { stdout, stderr, exitCode } = await client
    expect(exitCode).toBe(0)
    expect(stdout.split('\n').map((line) => Number(JSON.parse(line).id))).toEqual(upTo(20))
    expect(stderr).toContain('Connection lost')
  })
})

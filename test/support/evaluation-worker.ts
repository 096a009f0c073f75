import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createEventBus } from '../../src/runtime/bus/index.ts'
import { emitFacts, queuedFacts } from '../../src/runtime/evaluation/events.ts'
import { outputKey } from '../../src/runtime/evaluation/keys.ts'
import {
  channelOf,
  EVENT_TYPES,
  type EvaluationJob,
  type Facts,
  isTerminal,
  job as jobSchema,
} from '../../src/runtime/evaluation/messages.ts'
import { openEvaluationQueue } from '../../src/runtime/evaluation/queue.ts'
import { createRecords, type Records } from '../../src/runtime/evaluation/records.ts'
import { createCloser, type RunningRole } from '../../src/runtime/kernel/index.ts'
import type { RedisClient } from '../../src/runtime/platform/redis/index.ts'
import { options as workerOptions } from '../../src/runtime/worker/options.ts'
import { startWorker } from '../../src/runtime/worker/worker.ts'
import { type ExecutorStub, type StubOptions, startExecutorStub, TOKEN } from './executor-stub.ts'
import { eventually } from './program.ts'
import { silent, type TestRedis } from './redis.ts'

const CHILD = fileURLToPath(new URL('./rag-worker.child.ts', import.meta.url))

/** An event as the bus keeps it. */
export interface Told {
  id: string
  type: string
  data: Facts
}

/** What a gateway would do, with real workers and stubs of executors; all gone at its end. */
export interface WorkerScene {
  readonly redis: RedisClient
  readonly records: Records
  stub(options?: StubOptions): Promise<ExecutorStub>
  /** In this process. */
  worker(executors: readonly { url: string }[], options?: Record<string, unknown>): Promise<RunningRole>
  /** In a process of its own; resolves when it is ready. */
  process(executors: readonly { url: string }[], options?: Record<string, unknown>): Promise<ChildProcess>
  submit(code: string, rest?: Partial<EvaluationJob>): Promise<string>
  /** Resolves with what the record says once the evaluation has ended. */
  ended(id: string): Promise<Facts>
  /** Everything told of it so far, in the order of the types, then of the streams. */
  told(id: string): Promise<Told[]>
  /** Resolves once its end is told and its job is gone. */
  done(id: string): Promise<Told[]>
  /** Entries of its live output. */
  output(id: string): Promise<Record<string, string>[]>
  /** Messages on the channels of evaluations, in order. */
  listen(): Promise<{ channel: string; data: Facts }[]>
  close(): Promise<void>
}

export async function openWorkerScene(server: Pick<TestRedis, 'url' | 'connect'>): Promise<WorkerScene> {
  const closer = createCloser()
  const redis = server.connect()
  const subscriber = server.connect('subscriber')
  const bus = createEventBus({ redisUrl: server.url, connections: { redis, subscriber } })
  closer.add(bus, () => bus.close())
  const records = createRecords(redis)
  const queue = closer.add(openEvaluationQueue({ redis, log: silent }), (opened) => opened.close())
  let counter = 0
  const settings = (executors: readonly { url: string }[], options: Record<string, unknown>) => ({
    redisUrl: server.url,
    stage: 'evaluation',
    executorUrls: executors.map(({ url }) => url).join(','),
    executorToken: TOKEN,
    // Longer than a busy machine stops a process: who lives must not lose its job, which would cost an attempt.
    lockDuration: '4s',
    drainTimeout: '1s',
    ...options,
  })

  async function told(id: string): Promise<Told[]> {
    const all: Told[] = []
    for (const type of EVENT_TYPES) {
      const { events } = await bus.history(type, { limit: 1_000 })
      for (const event of events) {
        const data = event.data as Facts
        if (data.eval_id === id) all.push({ id: event.eventId, type, data })
      }
    }
    return all
  }

  async function ended(id: string): Promise<Facts> {
    let known: Facts | undefined
    await eventually(
      async () => {
        known = await records.read(id)
        return known !== undefined && isTerminal(known.status)
      },
      40_000,
      () => `${id} has not ended: ${JSON.stringify(known)}`,
    )
    return known as Facts
  }

  return {
    redis,
    records,
    ended,
    told,
    async stub(options) {
      return closer.add(await startExecutorStub(options), (opened) => opened.close().catch(() => {}))
    },
    async worker(executors, options = {}) {
      const values = workerOptions.parse(settings(executors, options))
      const role = await startWorker(values, { log: silent, name: `worker-${++counter}` })
      return closer.add(role, (opened) => opened.stop())
    },
    async process(executors, options = {}) {
      const name = `process-${++counter}`
      const child = fork(CHILD, [JSON.stringify({ name, options: settings(executors, options) })], {
        execArgv: [],
        env: { ...process.env, NODE_OPTIONS: '' },
        stdio: ['ignore', 2, 2, 'ipc'],
      })
      const exited = once(child, 'exit')
      closer.add(child, async () => {
        if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
        await exited
      })
      await Promise.race([
        once(child, 'message'),
        exited.then(([code]) => Promise.reject(new Error(`ended with ${code}`))),
      ])
      return child
    },
    async submit(code, rest = {}) {
      const job = jobSchema.parse({
        eval_id: `e-${process.pid}-${++counter}`,
        queued_at: new Date().toISOString(),
        ...{ language: 'python', code, stdin: '', args: [], priority: 'normal' },
        limits: { wall_ms: 10_000, cpu_ms: 5_000, memory_mb: 128, output_bytes: 65_536, pids: 64 },
        ...rest,
      })
      await records.create(job)
      await queue.add(job)
      await emitFacts({ bus, redis }, queuedFacts(job))
      await records.told(job.eval_id)
      return job.eval_id
    },
    async done(id) {
      await ended(id)
      let left = ''
      await eventually(
        async () => {
          const last = (await told(id)).at(-1)
          left = `${last?.type}, job ${await redis.exists(`{eval}:evaluations:${id}`)}`
          return last !== undefined && isTerminal(last.data.status) && left.endsWith('job 0')
        },
        40_000,
        () => `${id} is not done: ${left}`,
      )
      return told(id)
    },
    async output(id) {
      const entries = await redis.xrange(outputKey(id), '-', '+')
      return entries.map(([, fields]) => {
        const entry: Record<string, string> = {}
        for (let i = 0; i + 1 < fields.length; i += 2) entry[fields[i] as string] = fields[i + 1] as string
        return entry
      })
    },
    async listen() {
      const heard: { channel: string; data: Facts }[] = []
      const ears = server.connect('subscriber')
      ears.on('message', (channel: string, text: string) => heard.push({ channel, data: JSON.parse(text) }))
      await ears.subscribe(...EVENT_TYPES.map(channelOf))
      return heard
    },
    close: () => closer.close(),
  }
}

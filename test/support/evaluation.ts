import { createEventBus, type EventBus } from '../../src/runtime/bus/index.ts'
import { outputKey, QUEUE, QUEUE_PREFIX } from '../../src/runtime/evaluation/keys.ts'
import type {
  EvaluationJob,
  EvaluationList,
  EvaluationRows,
  Facts,
} from '../../src/runtime/evaluation/messages.ts'
import { createRecords, type End } from '../../src/runtime/evaluation/records.ts'
import { createEvaluationService } from '../../src/runtime/evaluation/service/service.ts'
import { createCloser } from '../../src/runtime/kernel/index.ts'
import { startHttpServer } from '../../src/runtime/platform/http/index.ts'
import { createMetrics } from '../../src/runtime/platform/metrics/index.ts'
import {
  asUnreachable,
  connectRedis,
  disconnectRedis,
  type Purpose,
  type RedisClient,
} from '../../src/runtime/platform/redis/index.ts'
import { silent } from './redis.ts'

/** A gateway's part for evaluations, and nothing else. */
export interface EvaluationGateway {
  url: string
  redis: RedisClient
  bus: EventBus
  close(): Promise<void>
}

export interface GatewayOptions {
  rows?: EvaluationRows
  evalQueueLimit?: number
  heartbeat?: number
  port?: number
}

export async function startEvaluationGateway(
  redisUrl: string,
  { rows, evalQueueLimit = 1_000, heartbeat = 10_000, port = 0 }: GatewayOptions = {},
): Promise<EvaluationGateway> {
  const closer = createCloser()
  const connect = (purpose: Purpose) =>
    closer.add(connectRedis({ url: redisUrl, purpose, name: 'test', log: silent }), disconnectRedis)
  const [redis, subscriber] = [connect('request'), connect('subscriber')]
  const metrics = createMetrics()
  const bus = closer.add(
    createEventBus({ redisUrl, metrics, connections: { redis, subscriber } }),
    (opened) => opened.close(),
  )
  const service = createEvaluationService({
    ...{ redis, subscriber, bus, rows, metrics, heartbeat, evalQueueLimit, log: silent },
  })
  closer.add(service, (opened) => opened.close())
  const http = await startHttpServer(
    {
      ...{ title: 'test', description: 'test', version: '0', host: '127.0.0.1', port },
      ...{ bodyLimit: 1_048_576, checks: {}, translate: asUnreachable, metrics, log: silent },
    },
    (app) => service.addRoutes(app),
  )
  closer.add(http, (opened) => opened.close())
  closer.add(service, (opened) => opened.close())
  return { url: http.url, redis, bus, close: () => closer.close() }
}

/** Rows as storage would have them. */
export interface FakeRows extends EvaluationRows {
  all: Map<string, Facts>
  /** Throws this instead of answering. */
  away: Error | undefined
}

export function createFakeRows(): FakeRows {
  const all = new Map<string, Facts>()
  const rows: FakeRows = {
    all,
    away: undefined,
    async get(id) {
      if (rows.away) throw rows.away
      return all.get(id)
    },
    async list({ limit }): Promise<EvaluationList> {
      if (rows.away) throw rows.away
      const { toEvaluation } = await import('../../src/runtime/evaluation/messages.ts')
      return { evaluations: [...all.values()].slice(0, limit).map(toEvaluation) }
    },
  }
  return rows
}

/** Does by hand what a worker does, one step at a time. */
export interface HandWorker {
  /** The job as it is in the queue. */
  job(id: string): Promise<EvaluationJob | undefined>
  /** Ids of the jobs that wait, those that go first in front. */
  waiting(): Promise<string[]>
  /** Begins an attempt, and tells so; returns its number. */
  begin(id: string): Promise<number>
  /** Writes live output. */
  output(id: string, attempt: number, name: 'stdout' | 'stderr', text: string, at: number): Promise<void>
  /** Another entry of the stream of live output. */
  mark(id: string, kind: 'attempt' | 'end', attempt: number): Promise<void>
  /** Ends it in its record, and tells so unless `silently`. */
  finish(id: string, attempt: number, end: Partial<End>, silently?: boolean): Promise<Facts>
}

export function createHandWorker(redis: RedisClient): HandWorker {
  const records = createRecords(redis)
  const jobKey = (id: string) => `${QUEUE_PREFIX}:${QUEUE}:${id}`

  async function write(id: string, fields: Record<string, string | number>): Promise<void> {
    const entry = Object.entries(fields).flat().map(String)
    await redis.xadd(outputKey(id), '*', ...entry)
    await redis.publish(outputKey(id), '')
  }

  const worker: HandWorker = {
    async job(id) {
      const data = await redis.hget(jobKey(id), 'data')
      return data === null ? undefined : (JSON.parse(data) as EvaluationJob)
    },
    waiting: () => redis.zrange(`${QUEUE_PREFIX}:${QUEUE}:prioritized`, '0', '-1'),
    async begin(id) {
      const job = await worker.job(id)
      if (!job) throw new Error(`there is no job ${id}`)
      const begun = await records.begin(job, { worker: 'hand', startedAt: new Date().toISOString() })
      if (begun.state !== 'go') throw new Error(`${id} does not begin: ${begun.state}`)
      await redis.publish('evaluation:started', JSON.stringify(begun.facts))
      return begun.attempt
    },
    output: (id, attempt, name, text, at) => write(id, { kind: 'output', attempt, name, text, at }),
    mark: (id, kind, attempt) => write(id, { kind, attempt }),
    async finish(id, attempt, end, silently = false) {
      const { facts } = await records.finish(id, attempt, { ...COMPLETED, attempts: attempt, ...end })
      if (!silently) await redis.publish('eval:ended', id)
      return facts
    },
  }
  return worker
}

export const COMPLETED: End = {
  status: 'completed',
  reason: null,
  exit_code: 0,
  signal: null,
  stdout: '',
  stderr: '',
  truncated: false,
  oom_seen: false,
  duration_ms: 5,
  backend: 'deno',
  finished_at: '2026-01-01T00:00:01.000Z',
}

export function aJob(id: string, more: Partial<EvaluationJob> = {}): EvaluationJob {
  return {
    eval_id: id,
    queued_at: '2026-01-01T00:00:00.000Z',
    language: 'python',
    code: 'print(1)',
    stdin: '',
    args: [],
    limits: { wall_ms: 10_000, cpu_ms: 5_000, memory_mb: 128, output_bytes: 65_536, pids: 64 },
    priority: 'normal',
    ...more,
  }
}

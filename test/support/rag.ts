import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { request } from 'undici'
import { startGateway } from '../../src/runtime/gateway/gateway.ts'
import { options as gatewayOptions } from '../../src/runtime/gateway/options.ts'
import { createCloser, type RunningRole } from '../../src/runtime/kernel/index.ts'
import type { StreamMessage } from '../../src/runtime/rag/messages.ts'
import { options as workerOptions } from '../../src/runtime/worker/options.ts'
import { startWorker } from '../../src/runtime/worker/worker.ts'
import { type LlmStub, type Script, startLlmStub } from './llm-stub.ts'
import { silent, type TestRedis } from './redis.ts'

export const ALL_STAGES = 'encoder,retriever,generator'
const CHILD = fileURLToPath(new URL('./rag-worker.child.ts', import.meta.url))

/** Gateways, workers and replicas of one test, all gone at its end. */
export interface RagScene {
  readonly llm: LlmStub
  /** File that the workers keep vectors in. */
  readonly vectorsPath: string
  gateway(options?: Record<string, unknown>): Promise<RunningRole & { url: string }>
  /** Stages in this process. */
  worker(options?: Record<string, unknown>): Promise<RunningRole>
  /** Stages in a process of their own; resolves when it is ready. */
  process(options?: Record<string, unknown>): Promise<ChildProcess>
  replica(script?: Script): Promise<LlmStub>
  close(): Promise<void>
}

export async function openRagScene(server: Pick<TestRedis, 'url'>, script?: Script): Promise<RagScene> {
  const closer = createCloser()
  const dir = mkdtempSync(join(tmpdir(), 'agentctl-rag-'))
  closer.add(dir, (folder) => rmSync(folder, { recursive: true, force: true }))
  const vectorsPath = join(dir, 'vectors.db')
  let counter = 0

  async function replica(say?: Script): Promise<LlmStub> {
    return closer.add(await startLlmStub(say), (stub) => stub.close())
  }
  const llm = await replica(script)
  const settings = (options: Record<string, unknown>) => ({
    redisUrl: server.url,
    stage: ALL_STAGES,
    vectorsPath,
    llmUrls: llm.url,
    // Longer than a busy machine may pause: a job whose lock has run out is done once more. Less where a worker is killed.
    lockDuration: '10s',
    drainTimeout: '1s',
    ...options,
  })

  return {
    llm,
    vectorsPath,
    replica,
    async gateway(options = {}) {
      const values = gatewayOptions.parse({ redisUrl: server.url, port: 0, ...options })
      const role = await startGateway(values, { log: silent, name: `gateway-${++counter}` })
      closer.add(role, (opened) => opened.stop())
      return { ...role, url: role.facts.url ?? '' }
    },
    async worker(options = {}) {
      const values = workerOptions.parse(settings(options))
      const role = await startWorker(values, { log: silent, name: `rag-${++counter}` })
      return closer.add(role, (opened) => opened.stop())
    },
    async process(options = {}) {
      const name = `process-${++counter}`
      const child = fork(CHILD, [JSON.stringify({ name, options: settings(options) })], {
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
    close: () => closer.close(),
  }
}

export interface StreamedAnswer {
  status: number
  frames: EventSourceMessage[]
  parts: StreamMessage[]
  /** The problem of an `event: error`. */
  error: Record<string, unknown> | undefined
  done: boolean
}

/** Asks for a streamed answer and reads it to its end, or until `leaveAfter` frames. */
export async function streamQuery(
  base: string,
  body: object,
  options: {
    key?: string
    lastEventId?: string
    leaveAfter?: number
    onFrame?: (frame: EventSourceMessage) => void
  } = {},
): Promise<StreamedAnswer> {
  const frames: EventSourceMessage[] = []
  const parser = createParser({
    onEvent(frame) {
      frames.push(frame)
      options.onFrame?.(frame)
    },
  })
  const controller = new AbortController()
  const response = await request(new URL('/query?stream=1', base), {
    method: 'POST',
    signal: controller.signal,
    bodyTimeout: 0,
    headers: {
      'content-type': 'application/json',
      ...(options.key === undefined ? {} : { 'idempotency-key': options.key }),
      ...(options.lastEventId === undefined ? {} : { 'last-event-id': options.lastEventId }),
    },
    body: JSON.stringify(body),
  })
  response.body.setEncoding('utf8')
  try {
    for await (const chunk of response.body) {
      parser.feed(chunk as string)
      if (frames.length >= (options.leaveAfter ?? Number.POSITIVE_INFINITY)) controller.abort()
    }
  } catch (error) {
    if (!controller.signal.aborted) throw error
  }
  const data = frames.filter((frame) => frame.event === undefined && frame.data !== '[DONE]')
  const error = frames.find((frame) => frame.event === 'error')?.data
  return {
    status: response.statusCode,
    frames,
    parts: data.map((frame) => (JSON.parse(frame.data) as { message: StreamMessage }).message),
    error: error === undefined ? undefined : (JSON.parse(error) as Record<string, unknown>),
    done: frames.at(-1)?.data === '[DONE]',
  }
}

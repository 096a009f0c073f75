import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createParser } from 'eventsource-parser'
import { execa } from 'execa'
import { request } from 'undici'
import { startExecutor } from '../../src/runtime/sandbox/executor/executor.ts'
import { type Outcome, outcome, type Task } from '../../src/runtime/sandbox/index.ts'
import { options } from '../../src/runtime/sandbox/options.ts'
import { silent } from './redis.ts'

export const EXECUTOR_TOKEN = 'the-secret-of-the-tests'

export interface TestExecutor {
  url: string
  facts: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/** An executor in this process, on a free port, with the sandbox in Deno unless told otherwise. */
export async function startTestExecutor(more: Record<string, unknown> = {}): Promise<TestExecutor> {
  const given = { port: 0, executorToken: EXECUTOR_TOKEN, backend: 'deno', ...more }
  const { facts, stop } = await startExecutor(options.parse(given), { log: silent, name: 'executor-1' })
  return { url: facts.url as string, facts, stop }
}

export interface ChildExecutor {
  url: string
  pid: number
  /** Ends it as a crash would. */
  kill(): Promise<void>
}

const CHILD = fileURLToPath(new URL('executor.child.ts', import.meta.url))

/** An executor in a process of its own. Its secret is in its environment, as always. */
export async function startChildExecutor(sandboxDir: string): Promise<ChildExecutor> {
  const child = execa(process.execPath, [CHILD, sandboxDir], {
    env: { AGENTCTL_EXECUTOR_TOKEN: EXECUTOR_TOKEN },
    stdin: 'ignore',
    reject: false,
  })
  const lines = createInterface({ input: child.stdout })
  const first = await Promise.race([once(lines, 'line'), child])
  if (!Array.isArray(first)) throw new Error(`the executor ended: ${first.stderr}`)
  return {
    url: first[0] as string,
    pid: child.pid as number,
    async kill() {
      child.kill('SIGKILL')
      await child
    },
  }
}

export interface RunEvent {
  event: string
  data: unknown
}

export interface RunResult {
  status: number
  headers: Record<string, string | string[] | undefined>
  events: RunEvent[]
  outcome: Outcome | undefined
  /** Of an answer that is no stream. */
  body: unknown
}

export interface RunRequest {
  token?: string | undefined
  signal?: AbortSignal
  onEvent?(event: RunEvent): void
  onComment?(): void
}

/** Asks an executor to run a program, and reads its answer to the end. */
export async function postRun(
  url: string,
  task: Partial<Task> | object,
  { token = EXECUTOR_TOKEN, signal, onEvent, onComment }: RunRequest = {},
): Promise<RunResult> {
  const full = { eval_id: 'some-id', attempt: 1, language: 'javascript', ...task }
  const response = await request(`${url}/run`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(full),
    signal: signal ?? null,
    bodyTimeout: 0,
  })
  const { statusCode: status, headers } = response
  if (status !== 200)
    return { status, headers, events: [], outcome: undefined, body: await response.body.json() }
  const events: RunEvent[] = []
  const parser = createParser({
    onEvent({ event = 'message', data }) {
      const one = { event, data: JSON.parse(data) as unknown }
      events.push(one)
      onEvent?.(one)
    },
    onComment: () => onComment?.(),
  })
  response.body.setEncoding('utf8')
  for await (const chunk of response.body) parser.feed(chunk as string)
  const last = events.at(-1)
  const ended = last?.event === 'outcome' ? outcome.parse(last.data) : undefined
  return { status, headers, events, outcome: ended, body: undefined }
}

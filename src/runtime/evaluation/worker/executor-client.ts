import type { EventSourceMessage } from 'eventsource-parser'
import type { Problem } from '../../kernel/index.ts'
import {
  CallTimedOut,
  ConnectionLost,
  createJsonClient,
  fromProblem,
} from '../../platform/http-client/index.ts'
import {
  type BackendKind,
  type Outcome,
  type OutputName,
  runEvents,
  sandboxError,
  type Task,
} from '../../sandbox/index.ts'

export interface RunCall {
  /** Ends the program, and the call with its reason. */
  signal: AbortSignal
  /** Aborted when the executor is known to be gone. */
  gone?: AbortSignal | undefined
  /** The program is about to start: until then it has stood in the executor's line. */
  onRunning?(backend: BackendKind): void
  onOutput?(name: OutputName, text: string): void
}

export interface ExecutorClient {
  /**
   * Has an executor run a program.
   * @throws ConnectionLost when the executor was lost or says what it may not; the problem of the executor as an
   *   AgentctlError, such as SANDBOX_FAILED, SANDBOX_LANGUAGE_MISSING, SANDBOX_BUSY, EXECUTOR_TOKEN_REFUSED; or the reason of
   *   `signal`
   */
  run(url: string, task: Task, call: RunCall): Promise<Outcome>
  /** Ends what is under way. */
  close(): Promise<void>
}

export interface ExecutorClientOptions {
  token: string
  /** Milliseconds without a byte, comments included, after which an executor counts as dead. */
  silence?: number
  /** Milliseconds that a program may stand in an executor's line. */
  line?: number
  /** Milliseconds beyond its wall limit for a program to be ended and cleared away. */
  grace?: number
}

/** Executors send a comment every two seconds at least. */
const SILENCE = 10_000
const LINE = 600_000
const GRACE = 30_000

export function createExecutorClient(options: ExecutorClientOptions): ExecutorClient {
  const { token, silence = SILENCE, line = LINE, grace = GRACE } = options
  const http = createJsonClient()
  const headers = { authorization: `Bearer ${token}` }

  return {
    async run(url, task, { signal, gone, onRunning, onOutput }) {
      const late = new AbortController()
      const limit = (ms: number, why: () => Error) => setTimeout(() => late.abort(why()), ms)
      let timer = limit(line, () =>
        sandboxError('SANDBOX_BUSY', `${url} has not come to the program within ${line} ms`),
      )
      const events = http.postForEvents(`${url}/run`, task, {
        signal: AbortSignal.any([signal, late.signal]),
        gone,
        headers,
        timeout: silence,
        comments: true,
      })
      try {
        for await (const event of events) {
          const frame = parseFrame(event)
          if (frame.name === 'outcome') return frame.value
          if (frame.name === 'output') onOutput?.(frame.value.name, frame.value.text)
          if (frame.name !== 'running') continue
          clearTimeout(timer)
          const most = task.limits.wall_ms + grace
          timer = limit(most, () => new CallTimedOut(`no outcome within ${most} ms of the program's start`))
          onRunning?.(frame.value.backend)
        }
        throw new ConnectionLost('the executor ended the stream before the outcome')
      } finally {
        clearTimeout(timer)
      }
    },
    close: http.close,
  }
}

type Frame =
  | { name: 'running'; value: { backend: BackendKind } }
  | { name: 'output'; value: { name: OutputName; text: string } }
  | { name: 'outcome'; value: Outcome }
  | { name: 'other' }

/** @throws ConnectionLost when it is not what the protocol says, or the problem that the executor tells */
function parseFrame({ event, data }: EventSourceMessage): Frame {
  if (event === 'error') throw fromProblem(parse(data, event) as Problem)
  if (event !== 'running' && event !== 'output' && event !== 'outcome') return { name: 'other' }
  const { success, data: value } = runEvents[event].safeParse(parse(data, event))
  if (!success) throw new ConnectionLost(`the executor sent an event "${event}" that is none`)
  return { name: event, value } as Frame
}

function parse(data: string, event: string): unknown {
  try {
    const value: unknown = JSON.parse(data)
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // Told below.
  }
  throw new ConnectionLost(`the executor sent an event "${event}" that is no JSON object`)
}

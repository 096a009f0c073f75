import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { freePort } from '../../src/runtime/platform/process/index.ts'
import type { Outcome, Task } from '../../src/runtime/sandbox/index.ts'

export const TOKEN = 'a secret of tests'

/** An answer instead of a run. */
export interface Refusal {
  status: number
  code: string
  /** Seconds. */
  retryAfter?: number
}

/** What the code of a task is made of, one command a line. */
export type Command =
  | 'print'
  | 'error'
  | 'sleep'
  | 'exit'
  | 'wait'
  | 'line'
  | 'die'
  | 'freeze'
  | 'garble'
  | 'cancelled'

/**
 * An executor that speaks its protocol over HTTP and runs little scripts instead of programs:
 * `print TEXT`, `error TEXT`, `sleep MS`, `exit N`, `wait` (until the test says `go()`), `line MS` (at the beginning: stands in
 * line), `die` (cuts the connection), `freeze` (says nothing more, not even that it lives), `garble` (an outcome that is none),
 * `cancelled` (ends the program by itself, as in a shutdown). `on N COMMAND` does so in attempt N only.
 */
export interface ExecutorStub {
  readonly url: string
  /** Everything it was asked to run, in order. */
  readonly tasks: Task[]
  /** Programs under way. */
  readonly running: number
  /** Programs whose caller went away before their end. */
  readonly killed: string[]
  /** From now on it refuses; undefined: it does not. */
  refuse(refusal: Refusal | undefined): void
  /** Lets what waits go on. */
  go(): void
  /** Resolves once `count` programs have begun in all. */
  begun(count: number): Promise<void>
  /** Ends it as a crash would: everything under way is cut, and nobody listens. */
  crash(): Promise<void>
  /** Listens again, on the same port. */
  restart(): Promise<void>
  close(): Promise<void>
}

export interface StubOptions {
  /** Milliseconds between two signs of life. */
  heartbeat?: number
  token?: string
}

export async function startExecutorStub({
  heartbeat = 100,
  token = TOKEN,
}: StubOptions = {}): Promise<ExecutorStub> {
  const tasks: Task[] = []
  const killed: string[] = []
  let waiting: (() => void)[] = []
  let watchers: { count: number; reached(): void }[] = []
  let refusal: Refusal | undefined
  let begun = 0
  let running = 0
  const port = await freePort()
  let server = listen()

  function listen() {
    return createServer((request, response) => {
      answer(request, response).catch(() => response.destroy())
    })
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const task = JSON.parse(await textOf(request)) as Task
    if (request.url !== '/run') return refuse(response, { status: 404, code: 'HTTP_NOT_FOUND' })
    if (request.headers.authorization !== `Bearer ${token}`) {
      return refuse(response, { status: 401, code: 'EXECUTOR_TOKEN_REFUSED' })
    }
    if (refusal !== undefined) return refuse(response, refusal)
    tasks.push(task)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const beat = setInterval(() => response.write(': alive\n\n'), heartbeat)
    running += 1
    try {
      await run(task, response, gone.signal, () => clearInterval(beat))
    } finally {
      running -= 1
      clearInterval(beat)
      if (!response.writableEnded) killed.push(task.eval_id)
    }
  }

  async function run(
    task: Task,
    response: ServerResponse,
    gone: AbortSignal,
    freeze: () => void,
  ): Promise<void> {
    const send = (event: string, data: object) =>
      response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    const texts = { stdout: '', stderr: '' }
    const write = (name: 'stdout' | 'stderr', text: string) => {
      texts[name] += text
      send('output', { name, text })
    }
    const end = (rest: Partial<Outcome>) => {
      const base = {
        signal: null,
        truncated: false,
        oom_seen: false,
        duration_ms: 1,
        backend: 'deno' as const,
      }
      const status = rest.exit_code === 0 ? ('completed' as const) : ('failed' as const)
      const reason = status === 'failed' ? { reason: 'nonzero_exit' as const } : {}
      const outcome = { ...base, ...texts, status, ...reason, exit_code: null, ...rest }
      response.end(`event: outcome\ndata: ${JSON.stringify(outcome)}\n\n`)
    }
    const lines = task.code.split('\n').flatMap((line) => commandOf(line, task.attempt))
    for (const [command, text] of lines) if (command === 'line') await pause(Number(text), gone)
    begin()
    send('running', { backend: 'deno' })
    for (const [command, text] of lines) {
      if (gone.aborted) return
      if (command === 'print') write('stdout', `${text}\n`)
      if (command === 'error') write('stderr', `${text}\n`)
      if (command === 'sleep') await pause(Number(text), gone)
      if (command === 'wait') await goOrGone(gone)
      // What it has said is on its way, as when a process is killed.
      if (command === 'die') return void response.write(': last words\n\n', () => response.destroy())
      if (command === 'exit') return end({ exit_code: Number(text) })
      if (command === 'cancelled') return end({ status: 'cancelled' })
      if (command === 'garble') return void response.end('event: outcome\ndata: {"status":"splendid"}\n\n')
      if (command === 'freeze') {
        freeze()
        return pause(120_000, gone)
      }
    }
    if (!gone.aborted) end({ exit_code: 0 })
  }

  function begin(): void {
    begun += 1
    for (const { count, reached } of watchers) if (begun >= count) reached()
    watchers = watchers.filter(({ count }) => begun < count)
  }

  const goOrGone = (gone: AbortSignal) =>
    new Promise<void>((done) => {
      waiting.push(done)
      gone.addEventListener('abort', () => done(), { once: true })
    })

  async function open(): Promise<void> {
    await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening))
  }

  async function shut(): Promise<void> {
    await new Promise<void>((closed) => {
      server.close(() => closed())
      server.closeAllConnections()
    })
  }

  await open()
  return {
    url: `http://127.0.0.1:${port}`,
    tasks,
    killed,
    get running() {
      return running
    },
    refuse(next) {
      refusal = next
    },
    go() {
      const all = waiting
      waiting = []
      for (const go of all) go()
    },
    begun: (count) =>
      begun >= count ? Promise.resolve() : new Promise((reached) => watchers.push({ count, reached })),
    crash: shut,
    async restart() {
      server = listen()
      await open()
    },
    close: shut,
  }
}

function commandOf(line: string, attempt: number): [Command, string][] {
  const [, only, command = '', text = ''] = /^(?:on (\d+) )?(\w+) ?(.*)$/.exec(line.trim()) ?? []
  if (only !== undefined && Number(only) !== attempt) return []
  return [[command as Command, text]]
}

function pause(ms: number, gone: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, ms)
    gone.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        done()
      },
      { once: true },
    )
  })
}

function refuse(response: ServerResponse, { status, code, retryAfter }: Refusal): void {
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
  response.writeHead(status, { 'content-type': 'application/problem+json', ...headers })
  const problem = {
    type: `urn:agentctl:error:${code}`,
    title: code,
    status,
    detail: `refused: ${code}`,
    code,
  }
  response.end(JSON.stringify(problem))
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  request.setEncoding('utf8')
  for await (const chunk of request) text += chunk
  return text
}

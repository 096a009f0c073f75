import { type ChildProcess, fork } from 'node:child_process'

/** What a child process can be asked to do. */
export type Api = Record<string, (argument: never) => unknown>

/** A process of the benchmark, asked for things over its IPC channel. */
export interface Child<A extends Api> {
  readonly pid: number
  /** Rejects with the child's error, or when the child is gone. */
  call<K extends keyof A & string>(
    method: K,
    ...argument: Parameters<A[K]>
  ): Promise<Awaited<ReturnType<A[K]>>>
  /** Lets it close what it has open; kills it after five seconds. */
  stop(): Promise<void>
}

interface Request {
  id: number
  method: string
  argument: unknown
}

type Reply = { id: number; result: unknown } | { id: number; error: string }

const STOP_TIMEOUT = 5_000

/** Runs a module that calls `answerParent` in a Node process of its own. */
export function startChild<A extends Api>(module: URL, args: readonly string[] = []): Child<A> {
  const child = fork(module, args, {
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  let calls = 0
  child.on('message', (message) => {
    const reply = message as Reply
    const call = waiting.get(reply.id)
    waiting.delete(reply.id)
    if ('error' in reply) call?.reject(new Error(reply.error))
    else call?.resolve(reply.result)
  })
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      const error = new Error(`a process of the benchmark ended early (${signal ?? `exit code ${code}`})`)
      for (const call of waiting.values()) call.reject(error)
      resolve()
    })
  })
  return {
    pid: child.pid as number,
    call(method, ...[argument]) {
      return new Promise((resolve, reject) => {
        const id = calls++
        waiting.set(id, { resolve: resolve as (result: unknown) => void, reject })
        const request: Request = { id, method, argument }
        child.send(request, (error) => error && reject(error))
      })
    },
    stop: () => stop(child, exited),
  }
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.connected) child.disconnect()
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT)
  await exited
  clearTimeout(late)
}

/** The child's side. When the parent lets go, or dies, `close` runs and the process ends. */
export function answerParent<A extends Api>(api: A, close: () => unknown): void {
  process.on('message', async (message) => {
    const { id, method, argument } = message as Request
    process.send?.(await answer(id, () => api[method]?.(argument as never)))
  })
  process.once('disconnect', async () => {
    await close()
    process.exit(0)
  })
}

async function answer(id: number, work: () => unknown): Promise<Reply> {
  try {
    return { id, result: await work() }
  } catch (error) {
    return { id, error: (error as Error).stack ?? String(error) }
  }
}

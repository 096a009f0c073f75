import { Worker } from 'node:worker_threads'
import type { LoadPlan } from '../plan.ts'
import { type Board, type BoardNames, boardBytes, boardOn, TICKETS_BYTES } from './board.ts'
import {
  type Cause,
  type FromThread,
  type ThreadData,
  type ThreadReport,
  type ToThread,
  unpack,
} from './protocol.ts'

/** A thread that makes load, seen from outside. */
export interface LoadThread {
  readonly board: Board
  /** As far as it has told. */
  causes(): readonly Cause[]
  /** Resolves when it can begin. @throws AgentctlError when its scenario cannot be opened */
  readonly ready: Promise<void>
  /** @param at when the run begins, by `sharedNow()` */
  start(at: number): void
  stop(): void
  /** What it says of itself in the end; rejects when it breaks. */
  readonly done: Promise<ThreadReport>
  close(): Promise<void>
}

/** Beside this file, which is JavaScript once it is built. */
const program = import.meta.url.endsWith('.ts')
  ? new URL('./thread.ts', import.meta.url)
  : new URL('./thread.js', import.meta.url)

export function startThreads(
  plan: LoadPlan,
  headers: Readonly<Record<string, string>>,
  names: BoardNames,
): LoadThread[] {
  const tickets = new SharedArrayBuffer(TICKETS_BYTES)
  return Array.from({ length: plan.threads }, (_, thread) => {
    const board = new SharedArrayBuffer(boardBytes(names))
    return startThread({ plan, headers, thread, names, board, tickets })
  })
}

function startThread(data: ThreadData): LoadThread {
  const worker = new Worker(program, { workerData: data, execArgv: [] })
  const ready = Promise.withResolvers<void>()
  const done = Promise.withResolvers<ThreadReport>()
  let causes: Cause[] = []
  const fail = (error: Error): void => {
    ready.reject(error)
    done.reject(error)
  }
  // Both are awaited one after the other: what rejects meanwhile is not unhandled.
  ready.promise.catch(() => {})
  done.promise.catch(() => {})
  worker.on('error', (error) => fail(error as Error))
  worker.on('exit', (code) => fail(new Error(`a thread that makes load has ended early (exit code ${code})`)))
  worker.on('message', (message: FromThread) => {
    if (message.kind === 'ready') ready.resolve()
    else if (message.kind === 'refused') fail(unpack(message.error))
    else if (message.kind === 'causes') causes = message.causes
    else {
      causes = message.report.causes
      done.resolve(message.report)
    }
  })
  const say = (message: ToThread): void => worker.postMessage(message)
  return {
    board: boardOn(data.board, data.names),
    causes: () => causes,
    ready: ready.promise,
    start: (at) => say({ kind: 'start', at }),
    stop: () => say({ kind: 'stop' }),
    done: done.promise,
    async close() {
      await worker.terminate()
    },
  }
}

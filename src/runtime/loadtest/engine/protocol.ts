import { AgentctlError, type ErrorKind } from '../../kernel/index.ts'
import type { LoadPlan } from '../plan.ts'
import type { BoardNames } from './board.ts'

/** What a thread is started with. */
export interface ThreadData {
  readonly plan: LoadPlan
  readonly headers: Readonly<Record<string, string>>
  readonly thread: number
  readonly names: BoardNames
  readonly board: SharedArrayBuffer
  readonly tickets: SharedArrayBuffer
}

export type ToThread =
  /** `at` on the clock that all threads share; see `sharedNow`. */
  | { kind: 'start'; at: number }
  /** Ends at once: what has not ended is unfinished. */
  | { kind: 'stop' }

export type FromThread =
  | { kind: 'ready' }
  | { kind: 'refused'; error: PortableError }
  /** At most four times a second, when there are more. */
  | { kind: 'causes'; causes: Cause[] }
  | { kind: 'done'; report: ThreadReport }

export interface Cause {
  cause: string
  count: number
}

/** What a thread knows of itself when it has ended. */
export interface ThreadReport {
  causes: Cause[]
  /** p99 of the delay of its event loop in milliseconds; null when it was measured too briefly to tell. */
  eventLoop: number | null
  /** Share of a core that it has used while measuring; null likewise. */
  cpu: number | null
}

/** An error as it goes from one thread to another, where its class would be lost. */
export interface PortableError {
  message: string
  stack: string | undefined
  coded: { code: string; kind: ErrorKind; title: string; fix: string; field: string | undefined } | undefined
}

export function pack(error: unknown): PortableError {
  if (!(error instanceof Error)) return { message: String(error), stack: undefined, coded: undefined }
  const { message, stack } = error
  if (!(error instanceof AgentctlError)) return { message, stack, coded: undefined }
  const { code, kind, title, fix, field } = error
  return { message, stack, coded: { code, kind, title, fix, field } }
}

export function unpack({ message, stack, coded }: PortableError): Error {
  if (coded) {
    const { code, kind, title, fix, field } = coded
    return new AgentctlError(code, { kind, title, fix }, message, field === undefined ? {} : { field })
  }
  const error = new Error(message)
  if (stack !== undefined) error.stack = stack
  return error
}

/** Milliseconds on a clock with the same zero in all threads, which `performance.now()` has not. */
export function sharedNow(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

import { kernelError } from './errors.ts'

export type Close = () => unknown

export interface Closer {
  /** Registers how to close something that was just opened, and hands the thing back. */
  add<T>(opened: T, close: (opened: T) => unknown): T
  /** Closes everything, the last opened first. Safe to call twice; the second call waits for the first. */
  close(): Promise<void>
}

/** Collects what was opened, so that it can be closed in reverse order whatever fails on the way. */
export function createCloser(): Closer {
  const closes: Close[] = []
  let closing: Promise<void> | undefined

  async function closeAll(): Promise<void> {
    const failures: unknown[] = []
    for (let close = closes.pop(); close; close = closes.pop()) {
      try {
        await close()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length === 1) throw failures[0]
    if (failures.length > 1) throw new AggregateError(failures, 'several things failed to close')
  }

  return {
    add(opened, close) {
      closes.push(() => close(opened))
      return opened
    },
    close() {
      closing ??= closeAll()
      return closing
    },
  }
}

/** Resolves with `work`, or rejects with DRAIN_TIMEOUT once `ms` milliseconds have passed. */
export async function withDeadline<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(kernelError('DRAIN_TIMEOUT', `${what} took longer than ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}

/** The part of `process` that shutdown needs; tests pass their own. */
export interface SignalSource {
  on(signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP', listener: () => void): unknown
  off(signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP', listener: () => void): unknown
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
/** One Ctrl-C may arrive twice, from the terminal and from a wrapper such as npm, within milliseconds. */
const ECHO = 400
/** Exit codes of processes that a signal has ended. */
export const EXIT_OF = { SIGTERM: 143, SIGINT: 130, SIGHUP: 129 } as const

/**
 * Calls `first` with the first termination signal and `again` with any later one.
 * Returns a function that stops listening.
 */
export function onShutdown(
  source: SignalSource,
  first: (exitCode: number) => void,
  again: (exitCode: number) => void,
): () => void {
  let seenAt: number | undefined
  const listeners = SIGNALS.map((signal) => {
    const listener = () => {
      const now = Date.now()
      if (seenAt === undefined) {
        seenAt = now
        return first(EXIT_OF[signal])
      }
      if (now - seenAt > ECHO) again(EXIT_OF[signal])
    }
    source.on(signal, listener)
    return () => source.off(signal, listener)
  })
  return () => {
    for (const off of listeners) off()
  }
}

/** The part of `process` that tells about the process that started this one. */
export interface ParentLink {
  readonly connected: boolean
  once(event: 'disconnect', listener: () => void): unknown
  off(event: 'disconnect', listener: () => void): unknown
  disconnect?(): void
}

/**
 * Calls `gone` when the process that started this one has ended, however that happened; needs a message
 * channel between them. The returned function ends the watch: until then the channel keeps this process alive.
 */
export function watchParent(link: ParentLink, gone: () => void): () => void {
  if (!link.connected) return () => {}
  link.once('disconnect', gone)
  return () => {
    link.off('disconnect', gone)
    if (link.connected) link.disconnect?.()
  }
}

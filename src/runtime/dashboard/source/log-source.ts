import type { LogLine, ServeClient } from '../../supervisor/index.ts'
import { LOG_LINES, type LogSource } from '../source.ts'
import { subscribers } from './subscribers.ts'

export interface LogSourceOptions {
  /** The serve to read from now; undefined without one. */
  client(): ServeClient | undefined
  unknown(): string | null
  /** Milliseconds between two attempts to connect, and between two calls of the listeners. */
  retry?: number
  pause?: number
}

export interface OpenLogs extends LogSource {
  close(): Promise<void>
}

const RETRY = 1_000
/** At most ten times a second, however much is written. */
const PAUSE = 100

/** Follows what the replicas of the serve write, across restarts of it. */
export function openLogs({ client, unknown, retry = RETRY, pause = PAUSE }: LogSourceOptions): OpenLogs {
  const stopping = new AbortController()
  const listeners = subscribers()
  let ring: LogLine[] = []
  let shown: readonly LogLine[] = []
  let telling: NodeJS.Timeout | undefined
  let wake = () => {}

  function add(line: LogLine): void {
    ring.push(line)
    if (ring.length > 2 * LOG_LINES) ring = ring.slice(-LOG_LINES)
    telling ??= setTimeout(tell, pause)
  }

  function tell(): void {
    telling = undefined
    shown = ring.slice(-LOG_LINES)
    listeners.tell()
  }

  /** After a broken connection the same lines come again: what is not newer than the newest is known. */
  async function read(from: ServeClient): Promise<void> {
    let last = ring.at(-1)?.time
    for await (const line of from.logs({ lines: LOG_LINES, follow: true, signal: stopping.signal })) {
      if (last !== undefined && line.time <= last) continue
      last = undefined
      add(line)
    }
  }

  async function follow(): Promise<void> {
    while (!stopping.signal.aborted) {
      const from = client()
      if (from) await read(from).catch(() => {}) // It has ended, or is gone: another one may come.
      if (!stopping.signal.aborted) await sleep()
    }
  }

  function sleep(): Promise<void> {
    return new Promise((resume) => {
      const timer = setTimeout(resume, retry)
      wake = () => {
        clearTimeout(timer)
        resume()
      }
    })
  }

  const following = follow()
  return {
    lines: () => shown,
    subscribe: listeners.add,
    unknown,
    async close() {
      stopping.abort()
      wake()
      clearTimeout(telling)
      await following
    },
  }
}

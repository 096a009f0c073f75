/** One line a replica has printed. */
export interface LogLine {
  /** ISO 8601. */
  time: string
  replica: string
  line: string
}

export interface LogBook {
  write(replica: string, line: string): void
  /** The newest lines, oldest first. */
  tail(count: number): LogLine[]
  /** Calls `listener` with every further line, until the returned function is called. */
  follow(listener: (line: LogLine) => void): () => void
}

/** Whether a line is of `worker-1` or `worker/1`, of any `worker`, or of whatever replica where no target is named. */
export function ofTarget(target: string | undefined): (line: LogLine) => boolean {
  const name = target?.replace('/', '-')
  return ({ replica }) => name === undefined || replica === name || replica.replace(/-\d+$/, '') === name
}

/** The newest lines of a target, oldest first. */
export function pastLines(logs: LogBook, count: number, target: string | undefined): LogLine[] {
  if (target === undefined || count === 0) return logs.tail(count)
  return logs.tail(Number.MAX_SAFE_INTEGER).filter(ofTarget(target)).slice(-count)
}

/** Keeps the newest `capacity` lines of all replicas in memory. */
export function createLogBook(capacity: number, now: () => Date = () => new Date()): LogBook {
  const lines: LogLine[] = []
  const listeners = new Set<(line: LogLine) => void>()
  return {
    write(replica, text) {
      const line = { time: now().toISOString(), replica, line: text }
      lines.push(line)
      if (lines.length > capacity * 2) lines.splice(0, lines.length - capacity)
      for (const listener of listeners) listener(line)
    },
    tail: (count) => (count === 0 ? [] : lines.slice(-Math.min(count, capacity))),
    follow(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

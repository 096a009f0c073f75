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

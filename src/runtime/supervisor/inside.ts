import { type ControlOptions, METRICS_WITHIN, restart, type ServeClient } from './control.ts'
import { type LogBook, type LogLine, ofTarget, pastLines } from './logs.ts'

/** What the control socket answers, for the process that runs the serve itself. */
export function createInsideClient({
  supervisor,
  logs,
  status,
  shutDown,
}: Omit<ControlOptions, 'path'>): ServeClient {
  return {
    status: async () => status(),
    metrics: () => supervisor.metrics(METRICS_WITHIN),
    async scale(role, replicas) {
      await supervisor.scale(role, replicas)
      return status()
    },
    restart: (target, options) => restart(supervisor, { target, ...options }),
    async down() {
      setImmediate(shutDown)
      return { pid: process.pid }
    },
    async *logs({ lines, follow, target, signal }) {
      const past = pastLines(logs, lines, target)
      if (follow) yield* followLines(logs, ofTarget(target), past, signal)
      else yield* past
    },
  }
}

/** Past lines, then every further one, until the signal is aborted. */
async function* followLines(
  logs: LogBook,
  wanted: (line: LogLine) => boolean,
  past: readonly LogLine[],
  signal: AbortSignal | undefined,
): AsyncGenerator<LogLine> {
  const waiting = [...past]
  let wake = () => {}
  const stop = logs.follow((line) => {
    if (!wanted(line)) return
    waiting.push(line)
    wake()
  })
  const onAbort = () => wake()
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    while (!signal?.aborted) {
      yield* waiting.splice(0)
      if (waiting.length > 0 || signal?.aborted) continue
      await new Promise<void>((resume) => {
        wake = resume
      })
    }
  } finally {
    stop()
    signal?.removeEventListener('abort', onAbort)
  }
}

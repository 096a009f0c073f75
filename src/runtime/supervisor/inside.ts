import { type ControlOptions, metricsOf, restart, type ServeClient } from './control.ts'
import { type LogBook, type LogLine, ofTarget, pastLines } from './logs.ts'

/** What the control socket answers, for the process that runs the serve itself. */
export function createInsideClient({
  supervisor,
  scaling,
  logs,
  status,
  shutDown,
}: Omit<ControlOptions, 'path' | 'features'>): ServeClient {
  return {
    status: async () => status(),
    metrics: () => metricsOf(supervisor, scaling),
    async scale(role, replicas) {
      await scaling.byHand(role, replicas)
      return status()
    },
    async autoscale(role, range) {
      await scaling.between(role, range)
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

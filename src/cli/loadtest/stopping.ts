import { onShutdown } from '../../runtime/kernel/index.ts'

/**
 * Aborted by the first signal, so that what was measured can be reported; the second one ends the program. It goes on listening after
 * the first: a listener that is gone when Ink looks for others would leave Ink to end the program at once.
 */
export function untilStopped(): { signal: AbortSignal; close(): void } {
  const controller = new AbortController()
  const close = onShutdown(
    process,
    (exitCode) => {
      process.exitCode = exitCode
      controller.abort()
    },
    (exitCode) => process.exit(exitCode),
  )
  return { signal: controller.signal, close }
}

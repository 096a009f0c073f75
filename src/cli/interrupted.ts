import { EXIT_OF } from '../runtime/kernel/index.ts'

/** Aborted by Ctrl-C or a termination signal, so that a command that runs until then can end in order. */
export function interrupted(): AbortSignal {
  const controller = new AbortController()
  for (const [signal, code] of Object.entries(EXIT_OF)) {
    process.once(signal, () => {
      process.exitCode = code
      controller.abort()
    })
  }
  return controller.signal
}

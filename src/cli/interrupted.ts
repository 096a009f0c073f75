/** Aborted by Ctrl-C or a termination signal, so that a command that runs until then can end in order. */
export function interrupted(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      process.exitCode = signal === 'SIGINT' ? 130 : 143
      controller.abort()
    })
  }
  return controller.signal
}

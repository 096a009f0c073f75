import { onShutdown, watchParent } from '../runtime/kernel/index.ts'

/** How a long-running command is told to end. */
export interface Stop {
  /** Aborted by the first signal, by `request()`, or when the process that started this one is gone. */
  readonly signal: AbortSignal
  /** Resolves when the signal is aborted. */
  readonly requested: Promise<void>
  request(): void
  /** As a first Ctrl-C does: the next one ends everything at once. */
  interrupt(): void
  /** What a second signal does before the process exits; must not wait for anything. */
  onKill(kill: () => void): void
  /** Stops listening: until then the message channel to the parent keeps this process alive. */
  release(): void
}

export function createStop(): Stop {
  const controller = new AbortController()
  const request = () => controller.abort()
  let kill = () => {}
  const release = watchParent(process, request)
  onShutdown(process, request, (code) => {
    kill()
    process.exit(code)
  })
  return {
    signal: controller.signal,
    requested: new Promise((resolve) =>
      controller.signal.addEventListener('abort', () => resolve(), { once: true }),
    ),
    request,
    interrupt: () => void process.emit('SIGINT'),
    onKill(action) {
      kill = action
    },
    release,
  }
}

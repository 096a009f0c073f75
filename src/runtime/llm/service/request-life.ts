import { llmError } from '../errors.ts'

/** Calls `listener` when the client has gone away; the returned function ends that. */
export type OnGone = (listener: () => void) => () => void

/** How long a request that waits for a provider may live. */
export interface RequestLife {
  /** Aborted with LLM_TIMEOUT or LLM_CANCELLED. */
  signal: AbortSignal
  /** When its time is up, as `performance.now()` counts. */
  deadline: number
  /** To be called when it has been answered. */
  end(): void
}

export function beginLife(ms: number, onGone: OnGone): RequestLife {
  const controller = new AbortController()
  const timer = setTimeout(() => {
    controller.abort(llmError('LLM_TIMEOUT', `there was no whole answer within ${ms} ms`))
  }, ms)
  const stay = onGone(() => controller.abort(llmError('LLM_CANCELLED', 'the client has gone away')))
  return {
    signal: controller.signal,
    deadline: performance.now() + ms,
    end() {
      clearTimeout(timer)
      stay()
    },
  }
}

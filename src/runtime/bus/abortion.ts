/** An abort signal that is made when somebody looks at it: most handlers never do, and each costs a microsecond. */
export interface Abortion {
  readonly signal: AbortSignal
  /** Why it was aborted; undefined when it was not. */
  readonly reason: Error | undefined
  abort(reason: Error): void
}

export function createAbortion(): Abortion {
  let controller: AbortController | undefined
  let reason: Error | undefined
  return {
    get signal() {
      if (!controller) {
        controller = new AbortController()
        if (reason) controller.abort(reason)
      }
      return controller.signal
    },
    get reason() {
      return reason
    },
    abort(why) {
      reason ??= why
      controller?.abort(reason)
    },
  }
}

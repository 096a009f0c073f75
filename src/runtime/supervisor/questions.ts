/** Questions to one process, each with a number that its answer repeats. */
export interface Questions {
  /** Resolves with null when there is no answer within `timeout` milliseconds. */
  ask(timeout: number): Promise<string | null>
  answer(id: number, text: string | null): void
}

/**
 * One question is under way at most: to a process that is paused no others are sent, which would wait in its channel, all to
 * be answered once it goes on.
 */
export function createQuestions(send: (id: number) => void): Questions {
  let last = 0
  let open: Promise<string | null> | undefined
  let settle: (text: string | null) => void = () => {}

  function begin(): Promise<string | null> {
    const { promise, resolve } = Promise.withResolvers<string | null>()
    settle = (text) => {
      open = undefined
      resolve(text)
    }
    open = promise
    last += 1
    send(last)
    return promise
  }

  return {
    async ask(timeout) {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<null>((resolve) => {
        timer = setTimeout(resolve, timeout, null)
      })
      try {
        return await Promise.race([open ?? begin(), late])
      } finally {
        clearTimeout(timer)
      }
    },
    answer(id, text) {
      if (id === last) settle(text)
    },
  }
}

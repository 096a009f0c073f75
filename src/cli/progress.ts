/** A count on stderr that grows in place, for people who wait. */
export interface Progress {
  show(text: string): void
  /** Takes it away, so that what follows begins on a clean line. */
  end(): void
}

/** Milliseconds between two changes. */
const PAUSE = 100

/** Silent where stderr is no terminal. */
export function createProgress(output: NodeJS.WriteStream = process.stderr): Progress {
  let shownAt = 0
  return {
    show(text) {
      const now = Date.now()
      if (!output.isTTY || now - shownAt < PAUSE) return
      shownAt = now
      // A line that wraps could not be taken away again.
      output.write(`\r\x1b[K${text.slice(0, Math.max(0, (output.columns || Infinity) - 1))}`)
    },
    end() {
      if (shownAt > 0) output.write('\r\x1b[K')
    },
  }
}

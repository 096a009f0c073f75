import type { Logger } from '../kernel/index.ts'

/** What is written down of a request that was refused; never what it held. */
export interface Refusal {
  code: string
  /** Id of the key, once it is sure that the request held that key. */
  key: string | undefined
  address: string
  route: string
}

/** Lines a second at most: whoever knocks a thousand times a second must not fill the disk. */
const LINES = 20
const WINDOW = 1_000

/**
 * Logs refusals, and how many were left out since the last line.
 * @param now milliseconds of a clock that nobody sets
 */
export function createRefusalLog(log: Logger, now = () => performance.now()): (refusal: Refusal) => void {
  let since = Number.NEGATIVE_INFINITY
  let lines = 0
  let unlogged = 0
  return (refusal) => {
    if (now() - since >= WINDOW) {
      since = now()
      lines = 0
    }
    if (++lines > LINES) {
      unlogged++
      return
    }
    const left = unlogged === 0 ? {} : { unlogged }
    unlogged = 0
    log.info({ audit: 'refused', ...refusal, ...left }, 'a request was refused')
  }
}

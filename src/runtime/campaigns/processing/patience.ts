import { type Logger, messageOf, persist } from '../../kernel/index.ts'
import { isDatabaseAway } from '../../platform/sql/index.ts'

/** Milliseconds of a failure that nobody is told about. */
const QUIET = 500

export interface Patience {
  /** Does something until the database is there for it. Rejects when it is not the database's absence that is at fault. */
  untilThere<T>(work: () => Promise<T>): Promise<T>
  /** Does something until it works. */
  untilDone<T>(work: () => Promise<T>): Promise<T>
  /** The database is away. */
  readonly away: boolean
  /** Nothing is waited for any more. */
  readonly over: boolean
}

/** Waits for the database; however many are waiting, it is said once. */
export function createPatience(log: Logger, signal: AbortSignal): Patience {
  let away = false

  function wait<T>(work: () => Promise<T>, again: (error: unknown) => boolean): Promise<T> {
    const observed = async () => {
      const result = await work()
      if (away) {
        away = false
        log.info('events are processed again')
      }
      return result
    }
    return persist(observed, {
      again,
      quiet: QUIET,
      onAway(error) {
        if (away) return
        away = true
        const level = isDatabaseAway(error) ? 'warn' : 'error'
        log[level]({ reason: messageOf(error) }, 'events are not processed: the database takes nothing')
      },
      onBack: () => {},
      signal,
    })
  }

  return {
    get away() {
      return away
    },
    get over() {
      return signal.aborted
    },
    untilThere: (work) => wait(work, isDatabaseAway),
    untilDone: (work) => wait(work, () => true),
  }
}

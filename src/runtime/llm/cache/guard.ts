import { type Logger, messageOf } from '../../kernel/index.ts'

/** Lets nobody wait for a Redis that is away: after some failures in a row it is left alone for a while. */
export interface CacheGuard {
  /** What `work` gives, or undefined when it fails or is not even tried. Never rejects. */
  run<T>(work: () => Promise<T>): Promise<T | undefined>
  /** Why it is left alone; undefined while it is used. */
  readonly trouble: string | undefined
}

export interface CacheGuardOptions {
  log: Logger
  /** Milliseconds. */
  now?: () => number
}

/** Failures in a row that open it. */
const THRESHOLD = 3
/** Milliseconds it is left alone at first; doubled with every failed probe. */
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 5_000
/** Answers of a server that cannot do its work now; any other error reply is about one command. */
const NOT_NOW = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|BUSY|TRYAGAIN|OOM|MISCONF)\b/

export function createCacheGuard({ log, now = () => performance.now() }: CacheGuardOptions): CacheGuard {
  let failures = 0
  let pause = FIRST_PAUSE
  let closedUntil = 0
  let trouble: string | undefined

  function succeed(): void {
    failures = 0
    if (trouble === undefined) return
    trouble = undefined
    pause = FIRST_PAUSE
    log.info('the cache is used again')
  }

  function fail(error: unknown, probing: boolean): void {
    if (!isAway(error)) {
      log.warn({ reason: messageOf(error) }, 'the cache refused a command')
      return
    }
    failures += 1
    if (failures < THRESHOLD) return
    if (trouble === undefined)
      log.warn({ reason: messageOf(error) }, 'the cache is left alone: every request goes to the provider')
    else if (probing) pause = Math.min(LONGEST_PAUSE, pause * 2)
    else return // under way already when it was opened
    trouble = messageOf(error)
    closedUntil = now() + pause
  }

  /** While it is in trouble one caller at a time may try; it takes the time of the next try with it. */
  function mayTry(): boolean {
    if (trouble === undefined) return true
    if (now() < closedUntil) return false
    closedUntil = now() + pause
    return true
  }

  return {
    async run(work) {
      const probing = trouble !== undefined
      if (!mayTry()) return undefined
      try {
        const value = await work()
        succeed()
        return value
      } catch (error) {
        fail(error, probing)
        return undefined
      }
    },
    get trouble() {
      return trouble
    },
  }
}

function isAway(error: unknown): boolean {
  return !(error instanceof Error && error.name === 'ReplyError') || NOT_NOW.test(error.message)
}

import { evaluationError } from '../errors.ts'

/** Knows how many evaluations wait, without asking for each. */
export interface Capacity {
  /** Whether as many wait as may wait. */
  isFull(): Promise<boolean>
  /** Takes the place of one that is about to wait; false: others, who have asked at the same time, have taken the last. */
  add(): boolean
  /** What to tell whoever is refused. */
  refusal(): Error
}

export interface CapacityOptions {
  /** Evaluations that wait just now. */
  depth(): Promise<number>
  limit: number
  /** Milliseconds, of a clock that never goes back. */
  now?: () => number
}

/** Milliseconds for which a count is taken as it is, and for which it is good enough while it is being refreshed. */
const FRESH = 100
const USABLE = 1_000
const RETRY_AFTER = 2_000

/**
 * The limit holds for what one gateway adds. Of what others add it hears within `FRESH`: together they may exceed the limit
 * by what they take in that time.
 */
export function createCapacity({ depth, limit, now = () => performance.now() }: CapacityOptions): Capacity {
  let counted = 0
  let countedAt = Number.NEGATIVE_INFINITY
  /** Added since the count was asked for. */
  let added = 0
  let counting: Promise<void> | undefined

  async function count(): Promise<void> {
    const included = added
    counted = await depth()
    added -= included
    countedAt = now()
  }

  function recount(): Promise<void> {
    counting ??= count().finally(() => {
      counting = undefined
    })
    return counting
  }

  const full = () => counted + added >= limit

  return {
    async isFull() {
      const age = now() - countedAt
      if (age > FRESH) {
        const recounted = recount()
        if (age > USABLE || full()) await recounted
        else recounted.catch(() => {}) // the submission itself will meet the same trouble
      }
      return full()
    },
    add() {
      if (full()) return false
      added++
      return true
    },
    refusal: () =>
      evaluationError('EVAL_QUEUE_FULL', `${limit} evaluations wait, which is the limit`, {
        retryAfter: RETRY_AFTER,
      }),
  }
}

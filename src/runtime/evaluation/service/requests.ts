import type { RedisClient } from '../../platform/redis/index.ts'
import { evaluationError } from '../errors.ts'
import { requestKey } from '../keys.ts'
import { digestOf } from './accept.ts'

/** What an Idempotency-Key was used for. */
export interface Request {
  eval_id: string
  queued_at: string
  /** Of the submission. */
  digest: string
  /** It is known to be in the queue, or to have been there. */
  submitted?: true
}

/** Remembers for a day what each Idempotency-Key was used for. */
export interface Requests {
  /** What the key was used for first: by now, that is `fresh` if it is new. */
  claim(key: string, fresh: Request): Promise<Request>
  /** What the key was used for, if it was. */
  find(key: string): Promise<Request | undefined>
  /** From now on a repeat need not look whether something is missing. */
  submitted(key: string, request: Request): Promise<void>
}

const KEEP_SECONDS = 24 * 3_600

export function createRequests(redis: RedisClient): Requests {
  const nameOf = (key: string) => requestKey(digestOf(key))

  async function find(key: string): Promise<Request | undefined> {
    const text = await redis.get(nameOf(key))
    return text === null ? undefined : (JSON.parse(text) as Request)
  }

  return {
    find,
    async claim(key, fresh) {
      // Sent together: one round trip, and of two at once both read what the first has set.
      const setting = redis.set(nameOf(key), JSON.stringify(fresh), 'EX', KEEP_SECONDS, 'NX')
      const [, found] = await Promise.all([setting, find(key)])
      return found ?? fresh
    },
    async submitted(key, request) {
      const text = JSON.stringify({ ...request, submitted: true })
      await redis.set(nameOf(key), text, 'EX', KEEP_SECONDS, 'XX')
    },
  }
}

/** @throws AgentctlError EVAL_KEY_REUSED */
export function checkSame(found: Request, digest: string): void {
  if (found.digest === digest) return
  throw evaluationError(
    'EVAL_KEY_REUSED',
    `the key belongs to ${found.eval_id}, which was another submission`,
    { field: 'header.idempotency-key' },
  )
}

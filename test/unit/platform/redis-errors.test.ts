import { expect, it } from 'vitest'
import { asUnreachable, isAway, isDenied, redisError } from '../../../src/runtime/platform/redis/index.ts'

/** As the driver tells of a transaction. */
function discarded(...reasons: string[]): Error {
  const error = new Error('EXECABORT Transaction discarded because of previous errors.')
  return Object.assign(error, { previousErrors: reasons.map((reason) => new Error(reason)) })
}

const NOPERM = "NOPERM User gateway has no permissions to run the 'hset' command"

it.each([
  [new Error(NOPERM), 'REDIS_DENIED', NOPERM],
  [discarded(NOPERM), 'REDIS_DENIED', NOPERM],
  [
    new Error('LOADING Redis is loading\nmore'),
    'REDIS_UNREACHABLE',
    'Redis is away: LOADING Redis is loading',
  ],
  [discarded('NOREPLICAS too few'), 'REDIS_UNREACHABLE', 'Redis is away: NOREPLICAS too few'],
  // The server that was asked no longer leads.
  [
    new Error('ERR WAIT cannot be used with replica instances.'),
    'REDIS_UNREACHABLE',
    'Redis is away: ERR WAIT cannot be used with replica instances.',
  ],
])('%s is told as %s', (error, code, message) => {
  expect(asUnreachable(error)).toMatchObject({ code, message })
  expect([isDenied(error), isAway(error)]).toEqual([code === 'REDIS_DENIED', code === 'REDIS_UNREACHABLE'])
})

it.each([
  new Error('WRONGTYPE no hash'),
  discarded('WRONGTYPE no hash'),
  redisError('REDIS_UNREACHABLE', 'ECONNREFUSED'),
])('%s is no such thing', (error) => {
  expect(asUnreachable(error)).toBeUndefined()
  expect(isAway(error)).toBe(false)
})

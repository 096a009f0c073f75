import { setTimeout as pause } from 'node:timers/promises'
import { AgentctlError, maskUrl, messageOf } from '../kernel/index.ts'
import { createLogger } from '../platform/log/index.ts'
import { connectRedis, disconnectRedis, type RedisClient } from '../platform/redis/index.ts'
import type { Trouble } from './check.ts'

export type Reached = { redis: RedisClient; trouble?: undefined } | { redis?: undefined; trouble: Trouble }

/** Answers that will not change while we wait. */
const FINAL =
  /NOAUTH|WRONGPASS|NOPERM|invalid (username-)?password|without any password|unable to verify|self.signed|ENOTFOUND/i
/** Where nobody listens, a server that is just being started again is given so many milliseconds. */
const REFUSED = 1_000
const LOOK = 50

/**
 * Connects, or says why that is not possible; never throws. The caller closes the connection.
 * @param timeout milliseconds to wait at most
 */
export async function reachRedis(url: string, timeout: number): Promise<Reached> {
  let redis: RedisClient
  try {
    const log = createLogger({ level: 'silent', bindings: {} })
    // Each check has a limit of its own; the timers of the driver would outlive what they guard.
    redis = connectRedis({ url, purpose: 'worker', name: 'doctor', log })
  } catch (error) {
    const fix = error instanceof AgentctlError ? error.fix : ''
    return { trouble: { what: messageOf(error), fix } }
  }
  const problem = await answers(redis, timeout)
  if (problem === undefined) return { redis }
  await disconnectRedis(redis)
  return { trouble: explain(url, problem) }
}

/** Undefined once it has answered, else what it or the driver said last. */
async function answers(redis: RedisClient, timeout: number): Promise<string | undefined> {
  const from = Date.now()
  let last = `no answer within ${timeout / 1_000} s`
  let state: 'waiting' | 'answered' | 'failed' = 'waiting'
  const listen = (error: Error) => {
    last = error.message || (error as NodeJS.ErrnoException).code || last
  }
  redis.on('error', listen)
  redis.ping().then(
    () => {
      state = 'answered'
    },
    (error: Error) => {
      // What the driver says for want of a connection hides the reason.
      if (!/Connection is closed|max retries/i.test(error.message)) last = error.message
      state = 'failed'
    },
  )
  while (state === 'waiting' && !FINAL.test(last)) {
    const passed = Date.now() - from
    if (passed >= timeout || (passed >= REFUSED && /ECONNREFUSED|ENOENT/.test(last))) break
    await pause(LOOK)
  }
  redis.off('error', listen)
  return (state as string) === 'answered' ? undefined : last
}

/** What to do about it, by what was said. */
export function explain(url: string, problem: string): Trouble {
  const what = `${maskUrl(url)}: ${problem}`
  if (/NOAUTH|WRONGPASS|invalid (username-)?password|without any password/i.test(problem))
    return {
      what,
      fix: 'Write user and password into the URL: redis://USER:PASSWORD@HOST:PORT; special characters as %XX',
    }
  if (/NOPERM/i.test(problem))
    return { what, fix: 'Give that user the rights: `ACL SETUSER NAME +@all ~* &*` on the server' }
  if (/ENOTFOUND|EAI_AGAIN/.test(problem)) return { what, fix: 'Correct the name of the host in REDIS_URL' }
  if (/verify|certificate|self.signed|wrong version number|SSL/i.test(problem))
    return {
      what,
      fix: 'Use rediss:// for a server with TLS and redis:// for one without; trust its certificate with NODE_EXTRA_CA_CERTS',
    }
  if (/LOADING/.test(problem)) return { what, fix: 'Wait: Redis is loading its data from disk' }
  return { what, fix: 'Start one with `agentctl serve`, or point REDIS_URL at a running Redis' }
}

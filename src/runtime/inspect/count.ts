import { loadScript, type RedisClient } from '../platform/redis/index.ts'

const script = loadScript(import.meta.url, 'count-entries', 1)
/** Entries counted in one call, so that the server is never held up for long. */
const PAGE = 1_000

/** Entries between two ids, as in XRANGE. Stops at `limit`, which then means: at least so many. */
export async function countEntries(
  redis: RedisClient,
  stream: string,
  from: string,
  to: string,
  limit = Number.POSITIVE_INFINITY,
): Promise<number> {
  let count = 0
  for (let start = from; count < limit; ) {
    const size = Math.min(PAGE, limit - count)
    const [found, last] = (await script(redis, [stream], [start, to, size])) as [number, string]
    count += found
    if (found < size) return count
    start = `(${last}`
  }
  return count
}

/** The id of the first entry after one of this id; undefined where there is none. The entry itself is not sent. */
export async function firstIdAfter(
  redis: RedisClient,
  stream: string,
  id: string,
): Promise<string | undefined> {
  const [, first] = (await script(redis, [stream], [`(${id}`, '+', 1])) as [number, string]
  return first === '' ? undefined : first
}

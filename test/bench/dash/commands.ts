import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'

/** Calls of each command since the server began to count, by name. */
export type Calls = ReadonlyMap<string, number>

export async function countCalls(redis: RedisClient): Promise<Calls> {
  const stats = await redis.info('commandstats')
  const rows = [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)]
  return new Map(rows.map(([, name = '', calls]) => [name, Number(calls)]))
}

/** What was called in between, most often first. */
export function callsBetween(before: Calls, after: Calls): [command: string, calls: number][] {
  const all = [...after].map(([name, calls]): [string, number] => [name, calls - (before.get(name) ?? 0)])
  return all.filter(([, calls]) => calls > 0).toSorted(([, a], [, b]) => b - a)
}

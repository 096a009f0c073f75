import { lossesKey, publishedKeys, typeOfStream } from '../bus/index.ts'
import { loadScript, type RedisClient } from '../platform/redis/index.ts'
import { readFacts } from './facts.ts'
import { listGroups } from './groups.ts'
import { sideKeys } from './names.ts'

const emptyScript = loadScript(import.meta.url, 'empty-stream', 1)

export interface PurgePlan {
  stream: string
  entries: number
  groups: { group: string; pending: number; lag: number }[]
  /** Of all groups together. */
  pending: number
}

export interface PurgeResult {
  stream: string
  entries: number
  pending: number
}

export async function planPurge(redis: RedisClient, stream: string): Promise<PurgePlan> {
  const facts = await readFacts(redis, stream)
  const all = facts ? await listGroups(redis, facts) : []
  const groups = all.map(({ group, pending, lag }) => ({ group, pending, lag }))
  const pending = groups.reduce((sum, group) => sum + group.pending, 0)
  return { stream, entries: facts?.length ?? 0, groups, pending }
}

/**
 * Removes all entries, and what the event bus remembers of them. Groups stay, so that consumers go on undisturbed and
 * readers' cursors keep their meaning, unless the key itself is to go.
 */
export async function purgeStream(
  redis: RedisClient,
  stream: string,
  removeKey: boolean,
): Promise<PurgeResult> {
  const { entries, groups, pending } = await planPurge(redis, stream)
  const side = await besideGroups(
    redis,
    stream,
    groups.map(({ group }) => group),
  )
  if (removeKey) {
    await redis.unlink(stream, ...side)
    return { stream, entries, pending }
  }
  const [removed, dropped] = (await emptyScript(redis, [stream], [])) as [number, number]
  if (side.length > 0) await redis.unlink(...side)
  return { stream, entries: removed, pending: dropped }
}

/** What the bus keeps of groups, also of those that are no more. */
async function besideGroups(
  redis: RedisClient,
  stream: string,
  groups: readonly string[],
): Promise<string[]> {
  if (typeOfStream(stream) === undefined) return []
  const names = new Set([...groups, ...(await redis.hkeys(lossesKey(stream)))])
  const keys = [...names].flatMap((group) => Object.values(sideKeys(stream, group) ?? {}))
  // The published ids too: otherwise events that are purged and published once more would count as published already.
  return [...new Set([...keys, lossesKey(stream), ...publishedKeys(stream)])]
}

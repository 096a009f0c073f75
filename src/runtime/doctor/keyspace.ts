import { DEAD_LETTER_STREAMS, EVENT_STREAMS, isResponseStream, SCHEMAS } from '../bus/index.ts'
import { isCluster, type RedisClient } from '../platform/redis/index.ts'

/** A key of ours, as it is. */
export interface Sighting {
  key: string
  type: string
  /** The type that it must have. */
  wanted: string
  /** Milliseconds; -1: never. */
  ttl: number
  /** Whether it is one that must not stay for ever. */
  expires: boolean
}

/** Types that keys of ours have. */
export const LOCKED_TYPES = ['stream', 'hash', 'string', 'zset', 'list', 'set'] as const

interface Family {
  matches(key: string): boolean
  type: (typeof LOCKED_TYPES)[number]
  expires: boolean
}

const prefixed = (pattern: string) => (key: string) => key.startsWith(pattern.replace(/\*$/, ''))

/** Names that are certainly ours. */
const FAMILIES: readonly Family[] = [
  { matches: isResponseStream, type: 'stream', expires: true },
  { matches: prefixed(EVENT_STREAMS), type: 'stream', expires: false },
  { matches: prefixed(DEAD_LETTER_STREAMS), type: 'stream', expires: false },
  { matches: (key) => key === SCHEMAS, type: 'hash', expires: false },
  { matches: prefixed('stream:rag:*'), type: 'stream', expires: true },
  { matches: prefixed('eval:record:*'), type: 'hash', expires: true },
  { matches: prefixed('eval:output:*'), type: 'stream', expires: false },
  { matches: prefixed('chat:pool:*'), type: 'zset', expires: false },
  { matches: (key) => key === 'chat:pools', type: 'set', expires: false },
  { matches: prefixed('rag:stage:*'), type: 'zset', expires: false },
  { matches: prefixed('job:completion:*'), type: 'string', expires: true },
  { matches: prefixed('llm:cache:*'), type: 'string', expires: true },
]

/** Keys looked at, and milliseconds spent on it, at most: this is a diagnosis, not a census. */
const [MOST, PATIENCE] = [100_000, 3_000]
const PAGE = 1_000

/** Looks at as many keys as fit into a few seconds, with SCAN; the types and lives of those that are ours are asked for. */
export async function lookThrough(
  redis: RedisClient,
): Promise<{ looked: number; total: number; sightings: Sighting[] }> {
  const servers = isCluster(redis) ? redis.nodes('master') : [redis]
  const deadline = Date.now() + PATIENCE
  const total = (await Promise.all(servers.map((server) => server.dbsize()))).reduce((a, b) => a + b, 0)
  const sightings: Sighting[] = []
  let looked = 0
  for (const server of servers) {
    for (let cursor = ''; cursor !== '0' && looked < MOST && Date.now() < deadline; ) {
      const [next, page] = await server.scan(cursor || '0', 'COUNT', PAGE)
      cursor = next
      looked += page.length
      sightings.push(...(await describe(server, page)))
    }
  }
  // SCAN may show a key twice.
  const unique = [...new Map(sightings.map((sighting) => [sighting.key, sighting])).values()]
  return { looked: Math.min(looked, total), total, sightings: unique }
}

type Server = Pick<RedisClient, 'type' | 'pttl'>

async function describe(server: Server, page: readonly string[]): Promise<Sighting[]> {
  const ours = page.flatMap((key) => {
    const family = FAMILIES.find(({ matches }) => matches(key))
    return family === undefined ? [] : [{ key, family }]
  })
  const all = await Promise.all(
    ours.map(async ({ key, family }) => {
      const [type, ttl] = await Promise.all([server.type(key), server.pttl(key)])
      return { key, type, ttl, wanted: family.type, expires: family.expires }
    }),
  )
  return all.filter(({ type }) => type !== 'none')
}

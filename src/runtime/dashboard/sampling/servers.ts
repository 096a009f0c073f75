import { messageOf } from '../../kernel/index.ts'
import { isAway, isCluster, type Primary, type RedisClient } from '../../platform/redis/index.ts'
import type { RedisFacts, Unknown } from '../snapshot.ts'
import { readInfo, type ServerLook, toFacts } from './info.ts'
import type { Refusals } from './refusals.ts'

export interface ServersSeen {
  facts: RedisFacts
  /** Those that have answered. */
  there: readonly Primary[]
  pings: ReadonlyMap<string, number>
  keys: ReadonlyMap<string, number>
  /** Primaries of a cluster that are away while others are not; clocks that disagree. */
  unknown: Unknown[]
}

/** Looks at the servers themselves. */
export interface Servers {
  /** @throws Error of the driver when none answers */
  look(primaries: readonly Primary[]): Promise<ServersSeen>
}

/** @param now milliseconds since 1970 */
export function createServers(
  redis: RedisClient,
  refusals: Refusals,
  monotonic: () => number,
  now: () => number,
): Servers {
  let before: ReadonlyMap<string, ServerLook> = new Map()

  async function lookAt({ name, redis: node }: Primary): Promise<ServerLook> {
    const ping_ms = await ping(node, monotonic)
    const [info, keys] = await Promise.all([
      refusals.allows('info') ? ask('info', node.info()) : '',
      refusals.allows('dbsize') ? ask('dbsize', node.dbsize()) : 0,
    ])
    const reading = readInfo(info ?? '')
    const ahead = reading.time === null ? 0 : reading.time - now()
    return { name, at: monotonic(), ping_ms, keys: keys ?? 0, ahead, info: reading }
  }

  async function ask<T>(part: 'info' | 'dbsize', asking: Promise<T>): Promise<T | undefined> {
    try {
      return await asking
    } catch (error) {
      if (refusals.note(part, error as Error)) return undefined
      throw error
    }
  }

  return {
    async look(primaries) {
      const results = await Promise.allSettled(primaries.map(lookAt))
      const looks = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
      if (looks.length === 0) throw reasonOf(results) ?? new Error('CLUSTERDOWN no server is known')
      const facts = toFacts(looks, before, modeOf(redis))
      before = new Map(looks.map((look) => [look.name, look]))
      const unknown = results.flatMap((result, i): Unknown[] =>
        result.status === 'fulfilled' ? [] : [awayNote(primaries[i]?.name ?? '', result.reason)],
      )
      return {
        facts,
        unknown: [...unknown, ...clockNote(looks)],
        there: primaries.filter(({ name }) => before.has(name)),
        pings: new Map(looks.map(({ name, ping_ms }) => [name, ping_ms])),
        keys: new Map(looks.map(({ name, keys }) => [name, keys])),
      }
    },
  }
}

async function ping(node: Primary['redis'], monotonic: () => number): Promise<number> {
  const from = monotonic()
  await node.ping().catch((error: Error) => {
    // Whatever else it answers, it is an answer.
    if (isAway(error) || !/^NOPERM /.test(error.message)) throw error
  })
  return monotonic() - from
}

function reasonOf(results: readonly PromiseSettledResult<unknown>[]): unknown {
  return results.find((result) => result.status === 'rejected')?.reason
}

function awayNote(name: string, reason: unknown): Unknown {
  return {
    pane: 'overview',
    what: `What is on ${name}, a server of this cluster that does not answer: ${messageOf(reason)}`,
    fix: `Start it again, or see \`redis-cli -u redis://${name} cluster nodes\`.`,
  }
}

function modeOf(redis: RedisClient): RedisFacts['mode'] {
  if (isCluster(redis)) return 'cluster'
  return redis.options.sentinels?.length ? 'sentinel' : 'standalone'
}

/** Milliseconds by which clocks may differ without a word. */
const SKEW = 5_000

/** Times in ids are those of Redis: they look wrong where its clock is another. */
function clockNote(looks: readonly ServerLook[]): Unknown[] {
  const worst = looks.toSorted((a, b) => Math.abs(b.ahead) - Math.abs(a.ahead))[0]
  if (!worst || Math.abs(worst.ahead) < SKEW) return []
  const seconds = Math.round(Math.abs(worst.ahead) / 1_000)
  const difference = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} minutes`
  const server = looks.length === 1 ? 'Redis' : worst.name
  return [
    {
      pane: 'overview',
      what: `How old entries really are: the clock of ${server} is ${difference} ${worst.ahead > 0 ? 'ahead of' : 'behind'} this machine's`,
      fix: 'Have both machines keep their time by NTP.',
    },
  ]
}

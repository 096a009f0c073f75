import { asUnreachable, primariesOf } from '../../platform/redis/index.ts'
import { createFamilies } from './families.ts'
import { createLooks, KNOWN_LIMIT } from './looks.ts'
import { createPools } from './pools.ts'
import { createQueues } from './queues.ts'
import { createRefusals } from './refusals.ts'
import { createRegistries } from './registries.ts'
import type { RedisSample, Sampler, SamplerOptions } from './sample.ts'
import { createStreamScan } from './scan.ts'
import { createServers } from './servers.ts'
import { createStreamTable } from './stream-table.ts'
import { lagsUnknown, limitsOf } from './unknown.ts'

/** Milliseconds. */
const LONG = 250

/**
 * Looks at a Redis again and again without being a burden to it: everything is asked in few pipelines that are short, nothing
 * that takes long is asked at once, and nothing is changed. It remembers what is needed for rates, and a short past.
 */
export function createSampler(options: SamplerOptions): Sampler {
  const { redis, probes, log, now = Date.now, monotonic = () => performance.now() } = options
  const refusals = createRefusals(monotonic)
  const families = createFamilies(probes, redis.isCluster)
  const table = createStreamTable(families.kindOf, refusals)
  const looks = createLooks(redis, table, refusals, monotonic)
  const registries = createRegistries(redis, families.registries, refusals, monotonic)
  const scan = createStreamScan(refusals, monotonic)
  const servers = createServers(redis, refusals, monotonic, now)
  const queues = createQueues(redis, probes, refusals, monotonic)
  const pools = createPools(redis, probes, refusals)
  let first = true

  async function sample(): Promise<RedisSample> {
    const began = monotonic()
    const seen = await servers.look(await primariesOf(redis))
    const scanning = scan.step(seen.there, seen.pings)
    scanning.catch(() => {}) // awaited below, unless something else fails before
    // The first sample is often the only one: it shows what can be found at once.
    const [registered, found] = await Promise.all([
      registries.find((stream) => table.keys.has(stream)),
      first ? scanning : [],
    ])
    looks.add(registered)
    looks.add(found)
    const [queueRows, replicas, later] = await Promise.all([
      queues.look(),
      pools.look(),
      scanning,
      looks.look(seen.facts.ping_ms),
    ])
    looks.add(later)
    first = false
    const [streams, groups, known] = [table.streams(), table.groups(), table.keys.size]
    const took_ms = monotonic() - began
    if (took_ms > LONG) log.debug({ took_ms, streams: known }, 'a sample took long')
    const { limited, hidden, overflown } = looks
    return {
      redis: seen.facts,
      ...{ streams, groups, queues: queueRows, pools: replicas },
      dead_letters: table.deadLetters(),
      discovery: { streams: known, ...scan.facts(seen.keys) },
      unknown: [
        ...seen.unknown,
        ...refusals.list(),
        ...limitsOf({ streams: known, limited, hidden, overflown, most: KNOWN_LIMIT }),
        ...lagsUnknown(groups),
      ],
      took_ms,
    }
  }

  return {
    async sample() {
      try {
        return await sample()
      } catch (error) {
        throw asUnreachable(error as Error) ?? error
      }
    },
  }
}

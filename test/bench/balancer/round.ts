import { type Child, startChild } from '../support/child.ts'
import type { PrivateRedis } from '../support/redis.ts'
import { percentile } from '../support/statistics.ts'
import type { ClientApi, Sent } from './client.child.ts'
import type { ReplicaApi } from './replica.child.ts'
import { type Contender, RATE, REPLICAS, SCENARIOS, type ScenarioName, SOUND } from './scenarios.ts'

/** What one policy did in one scenario. */
export interface Round {
  scenario: ScenarioName
  contender: Contender
  /** Whether a request that fails is sent to another replica. */
  retries: boolean
  requests: number
  /** Milliseconds. */
  p50: number
  p99: number
  /** Share of requests that failed for the client. */
  errors: number
  /** By how many milliseconds the clients were late at most. */
  late: number
}

export interface RoundOptions extends Pick<Round, 'scenario' | 'contender' | 'retries'> {
  seconds: number
  seed: number
  redis: PrivateRedis
}

const CLIENTS = 2
/** Until a policy knows the replicas. */
const WARM_UP = 3

/** Starts with new replicas, new clients and an emptied Redis. */
export async function runRound(options: RoundOptions): Promise<Round> {
  const { scenario, contender, retries, seconds, seed, redis } = options
  await redis.admin.flushall()
  const replicas = start<ReplicaApi>(REPLICAS, './replica.child.ts')
  const clients = start<ClientApi>(CLIENTS, './client.child.ts')
  try {
    const started = await Promise.all(
      replicas.map((each, i) => {
        const behaviour = i === 0 ? SCENARIOS[scenario].first : SOUND
        return each.call('start', { ...behaviour, redisUrl: redis.url, seed: 100 * seed + i })
      }),
    )
    const common = { contender, redisUrl: redis.url, urls: started.map(({ url }) => url) }
    await Promise.all(
      clients.map((each, i) =>
        each.call('open', { ...common, attempts: retries ? 3 : 1, seed: 100 * seed + 50 + i }),
      ),
    )
    const window = (length: number) =>
      Promise.all(clients.map((each) => each.call('send', { rate: RATE / CLIENTS, seconds: length })))
    await window(WARM_UP)
    const all = await window(seconds)
    await Promise.all(clients.map((each) => each.call('close')))
    return { scenario, contender, retries, ...summary(all) }
  } finally {
    await Promise.all([...clients, ...replicas].map((each) => each.stop()))
  }
}

function summary(all: readonly Sent[]) {
  const latencies = all.flatMap((sent) => sent.latencies)
  const errors = all.reduce((sum, sent) => sum + sent.errors, 0)
  const requests = latencies.length + errors
  return {
    requests,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    errors: errors / requests,
    late: Math.max(...all.map((sent) => sent.late)),
  }
}

function start<A extends ReplicaApi | ClientApi>(count: number, module: string): Child<A>[] {
  return Array.from({ length: count }, () => startChild<A>(new URL(module, import.meta.url)))
}

/** Leases that are taken and given back in a second, by one client with 64 under way. */
export async function measureSpeed(redis: PrivateRedis, contender: Contender): Promise<number> {
  await redis.admin.flushall()
  const [client] = start<ClientApi>(1, './client.child.ts') as [Child<ClientApi>]
  try {
    const urls = Array.from({ length: REPLICAS }, (_, i) => `http://127.0.0.1:${8001 + i}`)
    await client.call('open', { contender, redisUrl: redis.url, urls, attempts: 1, seed: 1 })
    await client.call('spin', { seconds: 1, together: 64 })
    return await client.call('spin', { seconds: 3, together: 64 })
  } finally {
    await client.stop()
  }
}

import { type Balancer, createBalancer } from '../../../src/runtime/balancer/index.ts'
import { createLlmClient, type LlmClient } from '../../../src/runtime/llm/client/client.ts'
import { connectRedis, disconnectRedis, type RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { answerParent } from '../support/child.ts'
import { now, sleep } from '../support/clock.ts'
import { quietLog } from '../support/log.ts'
import { exponential, type Random, randomOf } from './random.ts'
import { createRoundRobin } from './round-robin.ts'
import type { Contender } from './scenarios.ts'

export interface OpenClient {
  contender: Contender
  redisUrl: string
  urls: readonly string[]
  /** How many replicas may fail before a request does. */
  attempts: number
  seed: number
}

/** What came of the requests of a window. */
export interface Sent {
  /** Milliseconds from the moment at which each should have been sent, of those that were answered. */
  latencies: number[]
  errors: number
  /** By how many milliseconds requests were sent late at most. */
  late: number
}

export type ClientApi = {
  open(options: OpenClient): void
  /** Sends at random moments, whatever becomes of the requests before. */
  send(window: { rate: number; seconds: number }): Promise<Sent>
  /** Takes and gives back leases, so many at a time; returns how many a second. */
  spin(window: { seconds: number; together: number }): Promise<number>
  close(): Promise<void>
}

const PATIENCE = 15_000

let redis: RedisClient | undefined
let balancer: Balancer | undefined
let client: LlmClient | undefined
let random: Random = Math.random

const api: ClientApi = {
  open({ contender, redisUrl, urls, attempts, seed }) {
    const log = quietLog()
    random = randomOf(seed)
    redis = connectRedis({ url: redisUrl, purpose: 'worker', name: 'bench', log })
    balancer =
      contender === 'round-robin'
        ? createRoundRobin(urls)
        : createBalancer({ redis, pool: 'llm', policy: contender, urls, log })
    client = createLlmClient({ balancer, log, attempts })
  },
  async send({ rate, seconds }) {
    const sent: Sent = { latencies: [], errors: 0, late: 0 }
    const requests: Promise<void>[] = []
    const start = now()
    let due = start
    for (;;) {
      due += (1_000 / rate) * exponential(random)
      if (due > start + seconds * 1_000) break
      const wait = due - now()
      if (wait > 0.5) await sleep(wait)
      sent.late = Math.max(sent.late, now() - due)
      requests.push(request(due, sent))
    }
    await Promise.all(requests)
    return sent
  },
  async spin({ seconds, together }) {
    const from = now()
    let count = 0
    const loop = async () => {
      while (now() < from + seconds * 1_000) {
        const lease = await balancer?.acquire()
        await lease?.release({ kind: 'ok' })
        count += 1
      }
    }
    await Promise.all(Array.from({ length: together }, loop))
    return (1_000 * count) / (now() - from)
  },
  async close() {
    await client?.close()
    await balancer?.close()
    if (redis) await disconnectRedis(redis)
  },
}

async function request(due: number, sent: Sent): Promise<void> {
  try {
    await client?.generate({ prompt: 'hello' }, { deadline: Date.now() + PATIENCE })
    sent.latencies.push(now() - due)
  } catch {
    sent.errors += 1
  }
}

answerParent(api, () => api.close())

import type { RedisClient } from '../../platform/redis/index.ts'
import { type Check, fail, ok, type Remark, warn } from '../check.ts'
import { type RedisNode, whose } from '../nodes.ts'
import { aimed } from '../redis-cli.ts'
import { limitOf, ofNodes } from './redis-server.ts'

const MB = 1024 ** 2

export const memory = ofNodes('redis-memory', 'the memory of Redis', judgeMemory)

export function judgeMemory(node: RedisNode): Remark[] {
  const { info: facts } = node
  const used = Number(facts.used_memory ?? 0)
  const limit = limitOf(facts)
  const most = limit > 0 ? limit : Number(facts.total_system_memory ?? 0)
  if (most === 0) return [ok(`Redis${whose(node)} uses ${mb(used)}`)]
  const share = used / most
  const what = `Redis${whose(node)} uses ${mb(used)} of ${mb(most)} ${limit > 0 ? '(maxmemory)' : 'that the machine has'}`
  const why =
    limit > 0
      ? 'At the limit it refuses writes, or evicts keys.'
      : 'Without a limit, the system may end it when memory runs out.'
  const fix =
    'See what is large with `agentctl stream ls --all -o wide`, trim it with `agentctl stream trim`, or give Redis more memory'
  if (share >= 0.95) return [fail(what, why, fix)]
  if (share >= 0.8) return [warn(what, why, fix)]
  return [ok(what)]
}

function mb(bytes: number): string {
  return bytes >= 1024 * MB ? `${(bytes / 1024 / MB).toFixed(1)} GB` : `${(bytes / MB).toFixed(1)} MB`
}

export const clients = ofNodes('redis-clients', 'the clients of Redis', judgeClients)

export function judgeClients(node: RedisNode): Remark[] {
  const { info: facts } = node
  const [connected, most] = [Number(facts.connected_clients ?? 0), Number(facts.maxclients ?? 0)]
  const fix = '`redis-cli CONFIG SET maxclients 20000`, and raise the limit of open files of Redis'
  const remarks: Remark[] = []
  if (most > 0 && connected >= most * 0.8)
    remarks.push(
      (connected >= most * 0.95 ? fail : warn)(
        `Redis${whose(node)} has ${connected} of ${most} possible clients`,
        'Further ones are refused: roles do not start, or cannot come back.',
        fix,
      ),
    )
  const rejected = Number(facts.rejected_connections ?? 0)
  if (rejected > 0)
    remarks.push(
      warn(
        `Redis${whose(node)} has refused ${rejected} connections since it started`,
        'There were more clients than it may have.',
        fix,
      ),
    )
  return remarks.length > 0 ? remarks : [ok(`Redis${whose(node)} has ${connected} clients`)]
}

/** Pings, one after the other. */
const PINGS = 20

export const latency: Check = {
  name: 'redis-latency',
  area: 'redis',
  title: 'how fast Redis answers',
  needsRedis: true,
  run: async ({ redis, redisUrl }) => (redis ? aimed([judgeLatency(await measure(redis))], redisUrl) : []),
}

async function measure(redis: RedisClient): Promise<number[]> {
  const samples: number[] = []
  for (let i = 0; i < PINGS; i++) {
    const from = performance.now()
    await redis.ping()
    samples.push(performance.now() - from)
  }
  return samples
}

/** @param samples milliseconds; the median counts, so that one hiccup does not */
export function judgeLatency(samples: readonly number[]): Remark {
  const median = samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? 0
  const what = `Redis answers in ${median.toFixed(1)} ms`
  const why = 'Every request asks Redis several times, one after the other.'
  const fix =
    'Move it near; or see what keeps it busy with `redis-cli SLOWLOG GET 10` and `redis-cli --latency`'
  return median >= 10 ? warn(what, why, fix) : ok(what)
}

/** Bytes of a subscriber's buffer that must do for the announcements of a moment. */
const LEAST = 8 * MB

export const buffers: Check = {
  name: 'redis-buffers',
  area: 'redis',
  title: 'the limits of clients in Redis',
  needsRedis: true,
  async run({ redis, redisUrl }) {
    // Services that rent out Redis do not show their configuration.
    const reply = await redis?.config('GET', 'client-output-buffer-limit').catch(() => undefined)
    const text = Array.isArray(reply) ? String(reply[1] ?? '') : ''
    return text === '' ? [] : aimed([judgeBuffers(text)], redisUrl)
  },
}

/** @param limits as Redis writes them: `normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60` */
export function judgeBuffers(limits: string): Remark {
  const hard = Number(/pubsub (\d+)/.exec(limits)?.[1] ?? 0)
  if (hard === 0 || hard >= LEAST) return ok('Redis leaves subscribers enough room')
  return warn(
    `Redis cuts off subscribers that are ${mb(hard)} behind`,
    'Gateways miss announcements, and answers come in steps of a second.',
    '`redis-cli CONFIG SET client-output-buffer-limit "pubsub 32mb 8mb 60"`',
  )
}

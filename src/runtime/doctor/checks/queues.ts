import type { QueueRef } from '../../platform/probe/index.ts'
import type { RedisClient } from '../../platform/redis/index.ts'
import { probes } from '../../probes.ts'
import { type Check, fail, ok, type Remark, warn } from '../check.ts'

export interface QueueState {
  name: string
  waiting: number
  active: number
  failed: number
  /** Of the active ones, those whose worker no longer renews its lock. */
  stalled: number
  paused: boolean
}

/** Active jobs whose locks are looked at, at most. */
const LOCKS = 200

export const queues: Check = {
  name: 'queues',
  area: 'queues',
  title: 'the queues',
  needsRedis: true,
  async run({ redis }) {
    if (!redis) return []
    const refs = (await Promise.all(probes.map((probe) => probe.queues?.(redis) ?? []))).flat()
    const states = await Promise.all(refs.map((ref) => readQueue(redis, ref)))
    const remarks = states.flatMap(judgeQueue)
    const busy = states.reduce((sum, { waiting, active }) => sum + waiting + active, 0)
    return remarks.length > 0 ? remarks : [ok(`${states.length} queues, ${busy} jobs wait or run`)]
  },
}

async function readQueue(redis: RedisClient, { name, prefix, queue }: QueueRef): Promise<QueueState> {
  const key = (part: string) => `${prefix}:${queue}:${part}`
  const [waiting, prioritized, failed, active, paused] = await Promise.all([
    redis.llen(key('wait')),
    redis.zcard(key('prioritized')),
    redis.zcard(key('failed')),
    redis.lrange(key('active'), 0, -1),
    redis.hexists(key('meta'), 'paused'),
  ])
  const held = await Promise.all(active.slice(0, LOCKS).map((id) => redis.exists(key(`${id}:lock`))))
  const stalled = held.filter((found) => found === 0).length
  return {
    name,
    waiting: waiting + prioritized,
    active: active.length,
    failed,
    stalled,
    paused: paused === 1,
  }
}

export function judgeQueue({ name, waiting, failed, stalled, paused }: QueueState): Remark[] {
  const remarks: Remark[] = []
  if (paused)
    remarks.push(
      fail(`The queue ${name} is paused`, 'Nothing of it is worked on.', 'Resume it where it was paused'),
    )
  if (stalled > 0)
    remarks.push(
      warn(
        `${jobs(stalled)} of the queue ${name} ${stalled === 1 ? 'is' : 'are'} held by workers that are gone`,
        'Another worker takes them over within half a minute; if this stays, there is none.',
        'Start a worker: `agentctl serve`, or `agentctl worker`',
      ),
    )
  if (failed > 0)
    remarks.push(
      warn(
        `${jobs(failed)} of the queue ${name} ${failed === 1 ? 'has' : 'have'} failed for good`,
        'Their clients were told; nobody tries them again.',
        '`agentctl logs worker` says why',
      ),
    )
  if (waiting >= 1_000)
    remarks.push(
      warn(
        `${waiting} jobs wait in the queue ${name}`,
        'More comes in than is worked on.',
        'Add workers: `agentctl scale worker=4`; see `agentctl dash`',
      ),
    )
  return remarks
}

function jobs(count: number): string {
  return `${count} ${count === 1 ? 'job' : 'jobs'}`
}

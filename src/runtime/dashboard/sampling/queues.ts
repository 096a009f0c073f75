import type { Probe, QueueRef } from '../../platform/probe/index.ts'
import { DEPTH_QUESTIONS, depthQuestions, toDepth } from '../../platform/queue-depth/index.ts'
import { askAll, isAway, type RedisClient } from '../../platform/redis/index.ts'
import type { QueueRow } from '../snapshot.ts'
import type { Refusals } from './refusals.ts'
import { remember } from './ring.ts'

/** How many jobs wait in the queues of all rooms. */
export interface Queues {
  /** @throws Error of the driver */
  look(): Promise<QueueRow[]>
}

/** Milliseconds after which it is asked again which queues there are. */
const AGAIN = 5_000

export function createQueues(
  redis: RedisClient,
  probes: readonly Probe[],
  refusals: Refusals,
  monotonic: () => number,
): Queues {
  let rows = new Map<string, QueueRow>()
  const refs = new Map<string, readonly QueueRef[]>()
  let askedAt = Number.NEGATIVE_INFINITY

  async function refresh(): Promise<void> {
    askedAt = monotonic()
    await Promise.all(
      probes.map(async ({ name, queues }) => {
        if (!queues) return
        try {
          refs.set(name, await queues(redis))
        } catch (error) {
          if (isAway(error as Error)) throw error
          // Those that were known stay; a command that may not be run here is refused below as well.
          refusals.note('queues', error as Error)
        }
      }),
    )
  }

  return {
    async look() {
      if (!refusals.allows('queues')) return []
      if (monotonic() - askedAt >= AGAIN) await refresh()
      const all = probes.flatMap(({ name }) => refs.get(name) ?? [])
      const answers = await askAll(
        redis,
        all.flatMap(({ prefix, queue }) => depthQuestions(prefix, queue)),
      )
      const next = new Map<string, QueueRow>()
      for (const [i, { name, prefix, queue }] of all.entries()) {
        const own = answers.slice(i * DEPTH_QUESTIONS, (i + 1) * DEPTH_QUESTIONS)
        const key = `${prefix}:${queue}`
        const before = rows.get(key)
        const error = own.find((answer) => answer.error)?.error
        if (error) {
          refusals.note('queues', error)
          if (before) next.set(key, before)
          continue
        }
        const depth = toDepth(own.map((answer) => Number(answer.error ? 0 : answer.value)))
        next.set(key, { name, key, ...depth, history: remember(before?.history ?? [], depth.waiting) })
      }
      rows = next
      return [...rows.values()]
    },
  }
}

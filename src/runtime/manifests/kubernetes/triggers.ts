import { streamKey } from '../../bus/index.ts'
import { chatProbe } from '../../chat/probe.ts'
import { EVENT_TYPES, STORAGE_GROUP } from '../../evaluation/index.ts'
import { evaluationProbe } from '../../evaluation/probe.ts'
import type { Probe } from '../../platform/probe/index.ts'
import { ragProbe } from '../../rag/probe.ts'
import type { Unit } from '../unit.ts'

/** What KEDA looks at in Redis. */
export interface Trigger {
  readonly type: 'redis' | 'redis-streams'
  readonly metadata: Readonly<Record<string, string>>
}

/** Which queues a unit takes its work from, and how many jobs one replica has under way. */
const QUEUES: Readonly<Record<string, { probe: Probe; concurrency: number }>> = {
  worker: { probe: chatProbe, concurrency: 10 },
  rag: { probe: ragProbe, concurrency: 8 },
  eval: { probe: evaluationProbe, concurrency: 4 },
}
/** Reports that one storage writes at once. */
const BATCH = 500
/** No features with workers of their own: those are the orchestrator's to scale. */
const COMMON_POOLS = { isCluster: false, smembers: async () => [] }

/** What waits for a unit, and what it works at: with jobs that are under way there is still need of those who do them. */
export async function triggersOf({ name }: Pick<Unit, 'name'>): Promise<Trigger[]> {
  if (name === 'storage') return EVENT_TYPES.map(lagOf)
  const own = QUEUES[name]
  const queues = (await own?.probe.queues?.(COMMON_POOLS)) ?? []
  return queues.flatMap(({ prefix, queue }) =>
    ['wait', 'active'].map(
      (state): Trigger => ({
        type: 'redis',
        metadata: { listName: `${prefix}:${queue}:${state}`, listLength: String(own?.concurrency) },
      }),
    ),
  )
}

function lagOf(type: string): Trigger {
  const metadata = { stream: streamKey(type), consumerGroup: STORAGE_GROUP, lagCount: String(BATCH) }
  return { type: 'redis-streams', metadata }
}

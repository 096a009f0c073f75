import { streamKey } from '../bus/index.ts'
import { chatProbe } from '../chat/probe.ts'
import { EVENT_TYPES, STORAGE_GROUP } from '../evaluation/index.ts'
import { evaluationProbe } from '../evaluation/probe.ts'
import type { Part } from '../parts.ts'
import type { Probe } from '../platform/probe/index.ts'
import { ragProbe } from '../rag/probe.ts'

/** Where the work of a role waits, and how much of it one replica does at once. */
export type Workload =
  | {
      readonly kind: 'queues'
      readonly of: QueueSource
      readonly names: readonly string[]
      readonly slots: number
    }
  | {
      readonly kind: 'group'
      readonly group: string
      readonly streams: readonly string[]
      readonly slots: number
    }

/** What knows the queues of a room by their names. */
export type QueueSource = Required<Pick<Probe, 'queues'>>

/** What decides about the work of workers and storage: their own options, by the same names. */
export interface WorkOptions {
  feature: string
  concurrency: number
  subscribe?: string | undefined
  group: string
  stage?: string | undefined
  stageConcurrency: number
  evalConcurrency: number
  /** Of storage. */
  batch: number
}

/** Whose chats all workers without a feature of their own answer. */
const DEFAULT_FEATURE = 'default'
/** Queues that a stage serves, besides the one of its name. */
const ALSO: Readonly<Record<string, readonly string[]>> = { encoder: ['documents'] }

/** Undefined for a part whose work does not wait in Redis: nothing there tells how many it needs. */
export function workloadOf({ role, args }: Part, options: WorkOptions): Workload | undefined {
  if (role === 'storage') return ofGroup(STORAGE_GROUP, EVENT_TYPES, options.batch)
  if (role !== 'worker') return undefined
  const { subscribe, group, concurrency } = options
  const stage = flagOf(args, '--stage') ?? options.stage
  if (stage !== undefined) return ofStage(stage, options)
  if (subscribe !== undefined) return ofGroup(group, subscribe.split(','), concurrency)
  const feature = flagOf(args, '--feature') ?? options.feature
  return ofQueues(chatProbe, [feature === DEFAULT_FEATURE ? 'chat' : `chat ${feature}`], concurrency)
}

function ofStage(stage: string, { stageConcurrency, evalConcurrency }: WorkOptions): Workload | undefined {
  if (stage === 'evaluation') return ofQueues(evaluationProbe, ['eval'], evalConcurrency)
  const names = stage.split(',').flatMap((name) => [name, ...(ALSO[name] ?? [])])
  return ofQueues(ragProbe, names, stageConcurrency)
}

/** What makes a part of its role says more than what all of them are told. Written as two words, or with "=". */
function flagOf(args: readonly string[], flag: string): string | undefined {
  const joined = args.find((word) => word.startsWith(`${flag}=`))
  if (joined !== undefined) return joined.slice(flag.length + 1)
  const at = args.indexOf(flag)
  return at < 0 ? undefined : args[at + 1]
}

function ofQueues({ queues }: Probe, names: readonly string[], slots: number): Workload | undefined {
  return queues && { kind: 'queues', of: { queues }, names, slots }
}

function ofGroup(group: string, types: readonly string[], slots: number): Workload {
  return { kind: 'group', group, streams: [...new Set(types)].map(streamKey), slots }
}

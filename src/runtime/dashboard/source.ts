import type { DeadLetter } from '../bus/index.ts'
import type { ConsumerSummary, PendingEntry } from '../inspect/index.ts'
import type { LogLine } from '../supervisor/index.ts'
import type { Snapshot } from './snapshot.ts'

/** What a dashboard reads and does. The screen knows nothing else of the system. */
export interface DashboardSource {
  readonly readOnly: boolean
  /** Whether it stands and falls with a serve that this process runs. */
  readonly attached: boolean
  /** The newest one; undefined before the first. The same object until there is a newer one. */
  snapshot(): Snapshot | undefined
  /** Calls `listener` after each new snapshot; returns how to end that. */
  subscribe(listener: () => void): () => void
  /** Samples now. */
  refresh(): void
  /** Milliseconds between two samples, from 250 to 60,000. */
  setInterval(ms: number): void
  /** While paused nothing is asked of Redis. */
  setPaused(paused: boolean): void
  readonly logs: LogSource
  /** @throws AgentctlError when it is gone or Redis is away; so do the others */
  stream(key: string): Promise<StreamDetail>
  /** Null when it is no longer in the stream. */
  entry(stream: string, id: string): Promise<EntryView | null>
  group(stream: string, group: string): Promise<GroupDetail>
  letters(type: string): Promise<readonly DeadLetter[]>
  /** What may be done with something; nothing when read-only. */
  offers(target: Target): readonly Offer[]
  /** Looks up, without changing anything, what an action would do now. */
  plan(action: Action): Promise<ActionPlan>
  /** Does it; resolves with a sentence about what was done. */
  run(action: Action): Promise<string>
  close(): Promise<void>
}

/** The newest lines that replicas have logged, at most LOG_LINES. */
export interface LogSource {
  /** Oldest first; the same array until there are more. */
  lines(): readonly LogLine[]
  subscribe(listener: () => void): () => void
  /** Why there are none; null when they can be read. */
  unknown(): string | null
}

export interface EntryView {
  id: string
  at: string | null
  fields: Readonly<Record<string, string>>
}

export interface StreamDetail {
  stream: string
  /** Newest first, at most ENTRIES. */
  entries: readonly EntryView[]
}

export interface GroupDetail {
  stream: string
  group: string
  consumers: readonly ConsumerSummary[]
  /** Oldest first, at most ENTRIES. */
  pending: readonly PendingEntry[]
}

export type Target =
  | { kind: 'replica'; name: string; role: string }
  | { kind: 'role'; role: string; replicas: number }
  | { kind: 'letters'; type: string }
  | { kind: 'letter'; type: string; id: string }

export type Action =
  | { kind: 'restart'; target: string }
  | { kind: 'scale'; role: string; replicas: number }
  | { kind: 'retry-letters'; type: string; ids: readonly string[] | 'all' }
  | { kind: 'purge-letters'; type: string }

export interface Offer {
  action: Action
  /** A few words for a menu, such as "Restart worker-1". */
  title: string
}

export interface ActionPlan {
  /** A sentence with exact counts, such as "Remove 12 dead letters of task.created for good". */
  what: string
  warnings: readonly string[]
  /** What a person has to type before it is done; null where a yes is enough. */
  typed: string | null
}

export const ENTRIES = 50
export const LOG_LINES = 2_000

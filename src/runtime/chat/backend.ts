import type { JobState } from '../platform/queue/index.ts'
import type { ChatJob } from './messages.ts'

/** Answers the chats of one feature by jobs of its own instead of the pools'. Ids of jobs are those of runs. */
export interface ChatBackend {
  /** A repeat changes nothing. */
  add(job: ChatJob): Promise<void>
  state(run: string): Promise<JobState>
  /** Unless a worker holds it; that one notices that its chat has ended. */
  remove(run: string): Promise<void>
  /** Whether anybody is there to answer. */
  isAlive(): Promise<boolean>
}

/** By feature. Such a feature is reserved: its chats are started by its own routes only. */
export type ChatBackends = Readonly<Record<string, ChatBackend>>

export function backendOf(backends: ChatBackends, feature: string): ChatBackend | undefined {
  return Object.hasOwn(backends, feature) ? backends[feature] : undefined
}

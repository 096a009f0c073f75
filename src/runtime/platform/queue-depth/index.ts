import type { Question } from '../redis/index.ts'

/** How many jobs a queue in BullMQ's layout has, by what they wait for. */
export interface QueueDepth {
  /** For a worker, those of a queue that is paused included. */
  waiting: number
  active: number
  /** For their time to come. */
  delayed: number
  failed: number
}

const PARTS = [
  ['wait', 'LLEN'],
  ['paused', 'LLEN'],
  ['prioritized', 'ZCARD'],
  ['active', 'LLEN'],
  ['delayed', 'ZCARD'],
  ['failed', 'ZCARD'],
] as const

/** Questions in one queue's depth. */
export const DEPTH_QUESTIONS = PARTS.length

/** What to ask for the depth of a queue; it touches no job, and opens nothing. */
export function depthQuestions(prefix: string, queue: string): Question[] {
  return PARTS.map(([part, command]) => {
    const key = `${prefix}:${queue}:${part}`
    return { key, words: [command, key] }
  })
}

/** @param counts the answers, in the order of the questions */
export function toDepth(counts: readonly number[]): QueueDepth {
  const [wait = 0, paused = 0, prioritized = 0, active = 0, delayed = 0, failed = 0] = counts
  return { waiting: wait + paused + prioritized, active, delayed, failed }
}

import { now } from '../support/clock.ts'

export const TYPE = 'bench.event'
export const GROUP = 'bench'

/** Publishes that are under way at a time, and handlers that may run at a time: the same for all. */
export const IN_FLIGHT = 50

/** What is published: about what tells an agent of its next task. */
export interface Data {
  seq: number
  /** When it was handed to the publisher, on the clock of `now()`. */
  sent: number
  task: string
  agent: string
  priority: number
  prompt: string
}

const PROMPT = 'Read the three reports of last week and list what has changed since the week before.'

export function makeData(seq: number): Data {
  return { seq, sent: now(), task: `task-${seq}`, agent: 'summarizer', priority: 3, prompt: PROMPT }
}

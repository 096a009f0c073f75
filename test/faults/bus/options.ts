import type { Durability } from '../../../src/runtime/bus/index.ts'

/** What the processes of a fault test are told, as JSON in their first argument. */
export interface ProducerOptions {
  url: string
  type: string
  name: string
  file: string
  /** Events on their way at once. */
  inFlight: number
  /** Milliseconds each of them pauses after an acknowledgement. */
  pause: number
  /** Milliseconds one publish may take. */
  timeout: number
  durable?: Durability
}

export interface ConsumerOptions {
  url: string
  type: string
  name: string
  file: string
  group: string
  lease: number
  concurrency: number
  maxDeliveries: number
  /** Milliseconds of one handling. */
  work: number
  /** Kills itself with SIGKILL in the handling of its n-th event. */
  suicide?: { event: number; when: 'before' | 'after' }
  /** Refuses events whose `n` is no number. */
  schema: boolean
}

/** What a process answers over IPC. */
export type Message = { ready: true } | { metrics: string }

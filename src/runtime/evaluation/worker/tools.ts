import type { Balancer } from '../../balancer/index.ts'
import type { Logger } from '../../kernel/index.ts'
import type { EmitOptions } from '../events.ts'
import type { Facts } from '../messages.ts'
import type { Records } from '../records.ts'
import type { Cancellations } from './cancellations.ts'
import type { ExecutorClient } from './executor-client.ts'
import type { OutputWriter } from './output-writer.ts'

/** What the evaluations of one worker share. */
export interface EvaluateTools {
  records: Pick<Records, 'begin' | 'finish' | 'readState' | 'told'>
  balancer: Pick<Balancer, 'acquire' | 'replicas'>
  client: Pick<ExecutorClient, 'run'>
  cancellations: Pick<Cancellations, 'watch'>
  openOutput(id: string, attempt: number): OutputWriter
  /** Publishes an event. */
  emit(facts: Facts, options?: EmitOptions): Promise<void>
  /** Tells whoever waits for the end. */
  announce(id: string): Promise<unknown>
  /** Told of every evaluation that this worker has ended. */
  onEnded?(end: Facts): void
  /** Told of every attempt whose executor was lost. */
  onLost?(): void
  /** Name of the worker. */
  worker: string
  random: () => number
  /** Rejects with the reason of the signal. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>
  /** Time of day in milliseconds. */
  now: () => number
  log: Logger
}

export interface EvaluateSignals {
  /** Another worker has the job now, or this one ends for good. */
  signal: AbortSignal
  /** This worker is about to end: what has not begun is for another one. */
  draining: AbortSignal
}

import { availableParallelism } from 'node:os'
import type { LoadPlan } from '../plan.ts'

/** Operations per second that one thread makes without being the bottleneck. */
const PER_THREAD = 30_000

/**
 * How many threads a plan needs. A closed loop is as fast as the target, which is not known before: one, which is also the most
 * honest where the target runs on the same machine.
 * @param cores of this machine; one of them is left to the target and the screen
 */
export function threadsFor(load: LoadPlan['load'], cores = availableParallelism()): number {
  if (load.kind === 'closed' || load.rate <= PER_THREAD) return 1
  return Math.max(1, Math.min(cores - 1, Math.ceil(load.rate / PER_THREAD), load.concurrency ?? cores))
}

/** The part of `total` that is this thread's, so that all parts together are the total. */
export function shareOf(total: number, thread: number, threads: number): number {
  return Math.floor(total / threads) + (thread < total % threads ? 1 : 0)
}

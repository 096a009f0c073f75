import { messageOf } from '../kernel/index.ts'
import { supervisorError } from './errors.ts'
import type { Replica } from './replica.ts'

/** How one replica was restarted. `left_alone`: it was gone before its successor was ready. */
export type Renewal = 'restarted' | 'in_place' | 'left_alone'

export interface ReplacementOptions {
  /** The replicas of the role, as they are now. */
  running: Replica[]
  old: Replica
  /** Starts another one of the same name. */
  start(): Replica
  /** False once everything is to end. */
  wanted(): boolean
  /** Whether both can run at the same time. */
  overlap: boolean
  /** Told of the one that is not in the list yet. */
  onArriving(successor: Replica): void
  onArrived(successor: Replica): void
  /** Ends one that is no longer in the list. */
  dismiss(replica: Replica, succeeded: boolean): Promise<void>
}

/**
 * Puts another replica in the place of one: the successor is ready before the other one leaves, if the two can run at the same
 * time and the other one does anything that is worth going on.
 * @throws AgentctlError RESTART_FAILED when the successor does not become ready: the old one goes on, if it could be kept
 */
export async function replace(options: ReplacementOptions): Promise<Renewal> {
  const isUp = options.old.snapshot().state === 'ready'
  return options.overlap && isUp ? succeed(options) : renew(options)
}

async function succeed({ running, old, start, dismiss, ...options }: ReplacementOptions): Promise<Renewal> {
  const successor = start()
  options.onArriving(successor)
  try {
    await successor.settled
  } catch (error) {
    await successor.stop()
    throw supervisorError(
      'RESTART_FAILED',
      `${old.name}: ${messageOf(error)}; the one that was there before goes on`,
      { cause: error },
    )
  } finally {
    options.onArrived(successor)
  }
  const place = running.indexOf(old)
  if (place < 0) {
    // The role was scaled down meanwhile.
    await dismiss(successor, false)
    return 'left_alone'
  }
  running[place] = successor
  await dismiss(old, true)
  return 'restarted'
}

async function renew({ running, old, start, wanted }: ReplacementOptions): Promise<Renewal> {
  await old.stop()
  const place = running.indexOf(old)
  if (place < 0 || !wanted()) return 'left_alone'
  const successor = start()
  running[place] = successor
  try {
    await successor.settled
  } catch (error) {
    throw supervisorError('RESTART_FAILED', `${old.name}: ${messageOf(error)}`, { cause: error })
  }
  return 'in_place'
}

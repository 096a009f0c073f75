import { type Logger, messageOf } from '../kernel/index.ts'
import { isLostGroup } from './group-log.ts'
import type { Lane } from './lane.ts'
import type { BusMetrics } from './metrics.ts'
import type { Trimmer } from './trimmer.ts'

/** Does what has to be done for a stream from time to time. */
export interface Keeper {
  /** There may be more to take over than there are free handlers. */
  readonly hungry: boolean
  /** Told that a handler is free. */
  freed(): void
  sweepNow(): Promise<void>
  /** Sweeps at a time in milliseconds since 1970, if not before. */
  sweepAt(due: number): void
  /** Waits for the sweep under way: what it has taken over is still handled. */
  stop(): Promise<void>
}

export interface KeeperOptions {
  lane: Lane
  trimmer: Trimmer
  metrics: BusMetrics
  group: string
  heal(): Promise<void>
  /** Told when new events may be read again. */
  onSated(): void
  log: Logger
}

/** Milliseconds between two sweeps of a stream, when no retry is due before. */
const SWEEP = 1_000
const TRIM = 10_000
const COLLECT = 60_000
/** Milliseconds of silence after which a consumer with nothing pending is forgotten. */
export const FORGOTTEN = 3_600_000

export function createKeeper({ lane, trimmer, metrics, group, heal, onSated, log }: KeeperOptions): Keeper {
  const { type, groupLog } = lane
  let cursor = '-'
  let timer: NodeJS.Timeout | undefined
  let timerDue = Number.POSITIVE_INFINITY
  /** When a sweep was asked for while another was under way. */
  let asked = Number.POSITIVE_INFINITY
  let sweeping: Promise<void> | undefined
  let trimAt = Date.now() + TRIM
  let collectAt = Date.now() + COLLECT * Math.random()
  let stopped = false
  let hungry = false

  async function sweep(): Promise<void> {
    let next = Date.now() + SWEEP
    const wasHungry = hungry
    try {
      const wanted = lane.free
      const swept = await groupLog.sweep(cursor, wanted)
      hungry = swept.taken.length >= wanted
      cursor = swept.cursor
      if (swept.lost > 0) {
        metrics.lost(type, group, swept.lost)
        log.error(
          { type, group, lost: swept.lost },
          'entries were trimmed before this group had handled them',
        )
      }
      if (swept.taken.length > 0) lane.accept(swept.taken)
      if (!hungry) next = Math.min(next, Math.max(swept.nextDue ?? next, Date.now() + 10))
      await keep()
    } catch (error) {
      hungry = false
      if (isLostGroup(error)) await heal().catch(() => {})
      else log.debug({ type, reason: messageOf(error) }, 'sweeping failed, trying again')
    }
    schedule(hungry && lane.free > 0 ? 0 : Math.min(next, asked))
    if (wasHungry && !hungry) onSated()
  }

  async function keep(): Promise<void> {
    const now = Date.now()
    if (now >= trimAt) {
      trimAt = now + TRIM
      await trimmer.trim(type)
    }
    if (now >= collectAt) {
      collectAt = now + COLLECT
      await groupLog.removeIdle(FORGOTTEN, false)
    }
  }

  function schedule(due: number): void {
    if (stopped) return
    clearTimeout(timer)
    timerDue = due
    timer = setTimeout(() => void sweepNow(), Math.max(0, due - Date.now()))
  }

  function sweepNow(): Promise<void> {
    if (stopped) return Promise.resolve()
    if (!sweeping) asked = timerDue = Number.POSITIVE_INFINITY
    clearTimeout(timer)
    sweeping ??= sweep().finally(() => {
      sweeping = undefined
    })
    return sweeping
  }

  return {
    sweepNow,
    get hungry() {
      return hungry
    },
    freed() {
      if (hungry && !sweeping && lane.free > 0) void sweepNow()
    },
    sweepAt(due) {
      if (sweeping) asked = Math.min(asked, due)
      else if (due < timerDue) schedule(due)
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      await sweeping
    },
  }
}

import type { LoadPlan } from '../plan.ts'
import type { OpenScenario } from '../scenario.ts'
import type { Board, Tickets } from './board.ts'
import type { Causes } from './causes.ts'
import { createClosedLoop } from './closed-loop.ts'
import type { Loop } from './loop.ts'
import { createOpenLoop } from './open-loop.ts'
import { createPacer } from './pacer.ts'
import { createRecorder, type Recorder } from './recorder.ts'
import { createSchedule } from './schedule.ts'
import { shareOf } from './share.ts'

export interface Generation {
  readonly plan: LoadPlan
  readonly scenario: OpenScenario
  readonly board: Board
  readonly tickets: Tickets
  readonly causes: Causes
  /** Of plan.threads. */
  readonly thread: number
  /** `performance.now()` when it begins, warm-up first. */
  readonly startAt: number
}

/** Milliseconds after the planned time for what has not ended, where operations have no limit of their own. */
export const GRACE = 10_000
/** Milliseconds by which the end of an operation's time is told late. */
const TIMEOUT_ERROR = 1_000

/** Makes the load of one thread. `ended` resolves when all have ended, the time for that is over, or it is stopped. */
export function generate(generation: Generation): { ended: Promise<void>; stop(): void } {
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  const { plan, scenario, board, causes, startAt } = generation
  const measureFrom = startAt + plan.warmup
  const duration = plan.load.duration ?? Number.POSITIVE_INFINITY

  const recorder = createRecorder({
    scenario,
    board,
    causes,
    measureFrom,
    duration,
    onEnd: () => loop.onEnd(),
  })
  const loop = createLoop(generation, recorder, measureFrom, stop)
  // A timer may be early, and what begins before its time would be taken for warm-up.
  const beginning = createPacer()
  beginning.at(startAt, loop.start)
  const last = measureFrom + duration + (plan.timeout > 0 ? plan.timeout + TIMEOUT_ERROR : GRACE)
  const ending = Number.isFinite(last) ? setTimeout(stop, last - performance.now()) : undefined

  function stop(): void {
    beginning.cancel()
    clearTimeout(ending)
    loop.stop()
    recorder.stop()
    resolve()
  }

  return { ended, stop }
}

function createLoop(
  generation: Generation,
  recorder: Recorder,
  measureFrom: number,
  onDone: () => void,
): Loop {
  const { plan, board, tickets, thread, startAt } = generation
  const { load, threads, timeout, seed, warmup } = plan
  if (load.kind === 'closed') {
    const clients = shareOf(load.concurrency, thread, threads)
    return createClosedLoop({ load, clients, tickets, recorder, board, measureFrom, onDone })
  }
  return createOpenLoop({
    schedule: createSchedule({ load, warmup, seed, thread, threads }),
    limit: load.concurrency === null ? Number.POSITIVE_INFINITY : shareOf(load.concurrency, thread, threads),
    timeout: timeout > 0 ? timeout : Number.POSITIVE_INFINITY,
    recorder,
    board,
    pacer: createPacer(),
    startAt,
    onDone,
  })
}

import type { Usage } from '../../platform/process/index.ts'
import type { Killed } from '../outcome.ts'

export interface Allowance {
  /** Bytes beyond what it held when its runtime was ready. */
  memory: number
  /** Milliseconds of processor time from then on. */
  cpu: number
  /** Threads beyond those of its runtime. */
  threads: number
}

/** The limit that a program is beyond, if any. */
export function exceeded(used: Usage, atStart: Usage, allowed: Allowance): Killed | undefined {
  if (used.memory - atStart.memory > allowed.memory) return 'out_of_memory'
  if (used.threads - atStart.threads > allowed.threads) return 'out_of_memory'
  if (used.cpu - atStart.cpu >= allowed.cpu) return 'cpu_timeout'
  return undefined
}

/** Milliseconds between two looks: a program can fill some tens of megabytes in that time. */
const LOOK_EVERY = 10

export interface WatchOptions {
  /** Reads what it uses now; undefined once it has ended, or when that cannot be read at the moment. */
  usage: () => Usage | undefined
  allowed: Allowance
  /** Milliseconds it may take. */
  wall: number
  /** Called once at most. */
  onExceeded(reason: Killed): void
}

/** Looks at a program again and again until it is over, or beyond a limit. The returned function ends that. */
export function watchLimits({ usage, allowed, wall, onExceeded }: WatchOptions): () => void {
  let atStart = usage()
  const late = setTimeout(() => end('wall_timeout'), wall)
  const look = setInterval(() => {
    const used = usage()
    atStart ??= used
    const reason = used && atStart && exceeded(used, atStart, allowed)
    if (reason !== undefined) end(reason)
  }, LOOK_EVERY)

  function stop(): void {
    clearTimeout(late)
    clearInterval(look)
  }

  function end(reason: Killed): void {
    stop()
    onExceeded(reason)
  }

  return stop
}

import type { Progress } from '../../runtime/loadtest/index.ts'

/** What the view shows, and who is told when that changes. */
export interface Live {
  get(): LiveState
  subscribe(listener: () => void): () => void
  update(progress: Progress): void
  stop(): void
  /** Shows nothing any more, at once. */
  end(): void
}

export interface LiveState {
  readonly progress: Progress | undefined
  readonly stopping: boolean
  readonly ended: boolean
}

/** Milliseconds between two changes that are shown. */
const PAUSE = 250

/** Passes on the newest progress, at most four times a second; the last one is never lost. */
export function createLive(now: () => number = () => performance.now()): Live {
  let state: LiveState = { progress: undefined, stopping: false, ended: false }
  let newest: Progress | undefined
  let shownAt = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  const listeners = new Set<() => void>()

  function set(change: Partial<LiveState>): void {
    state = { ...state, ...change }
    for (const listener of [...listeners]) listener()
  }

  function show(): void {
    timer = undefined
    shownAt = now()
    set({ progress: newest })
  }

  return {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    update(progress) {
      if (state.ended) return
      newest = progress
      const wait = shownAt + PAUSE - now()
      if (wait <= 0) {
        clearTimeout(timer)
        show()
      } else timer ??= setTimeout(show, wait)
    },
    stop: () => set({ stopping: true }),
    end() {
      clearTimeout(timer)
      set({ ended: true })
    },
  }
}

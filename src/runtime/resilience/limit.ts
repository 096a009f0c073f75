import type { Clock } from './clock.ts'

/** A piece of work may take until some moment, or until its caller gives up. */
export interface Limit {
  /** Aborted with the reason of the caller's signal, or with the one made for lateness. */
  readonly signal: AbortSignal
  /** Milliseconds that are left, at least 0. */
  remaining(): number
  /** Gives it another end, in the clock's time; `Infinity` for none. */
  moveTo(at: number): void
  /** To be called when the work is over: nothing is left waiting. */
  end(): void
}

export interface LimitOptions {
  clock: Clock
  /** When the time is up, as the clock counts; `Infinity` for never. */
  at: number
  signal?: AbortSignal | undefined
  /** Why the work is aborted when it is late. */
  late: () => Error
}

/** One controller and one timer, both let go by `end`: cheaper than `AbortSignal.any` with `AbortSignal.timeout`. */
export function createLimit({ clock, at, signal, late }: LimitOptions): Limit {
  const controller = new AbortController()
  const pass = () => controller.abort(signal?.reason)
  let end = at
  let cancel: (() => void) | undefined

  function moveTo(next: number): void {
    end = next
    cancel?.()
    const armed = Number.isFinite(next) && !controller.signal.aborted
    cancel = armed ? clock.after(next - clock.now(), () => controller.abort(late())) : undefined
  }

  if (signal?.aborted) pass()
  else signal?.addEventListener('abort', pass, { once: true })
  moveTo(at)
  return {
    signal: controller.signal,
    remaining: () => Math.max(0, end - clock.now()),
    moveTo,
    end() {
      cancel?.()
      signal?.removeEventListener('abort', pass)
    },
  }
}

import type { ImageName } from '../../docker-proxy/index.ts'
import type { Clock } from '../../resilience/index.ts'
import type { Standing } from './containers.ts'

export interface PoolOptions {
  /** How many containers of each are to stand ready. */
  sizes: Readonly<Record<ImageName, number>>
  start(runtime: ImageName): Promise<Standing>
  /** Ends and removes one that will not be used. Never rejects. */
  discard(standing: Standing): Promise<void>
  clock: Clock
  /** Milliseconds one may stand. */
  maxAge: number
  /** Told when none could be started; it is tried again later. */
  onFailure(runtime: ImageName, error: unknown): void
}

export interface Pool {
  /** One that stands ready, to be used once; undefined when there is none. */
  take(runtime: ImageName): Standing | undefined
  /** Fills up, one after the other, now that no program is slowed by it. */
  fill(): void
  standing(runtime: ImageName): number
  close(): Promise<void>
}

/** Milliseconds after which what was taken is replaced even if programs run all the time. */
const REPLACE_AFTER = 1_000
const RETRY_AFTER = 10_000

interface Place extends Standing {
  /** Prevents that it is taken away for its age. */
  stop(): void
}

/** Keeps containers ready, since to start one takes longer than most programs. */
export function createPool({ sizes, start, discard, clock, maxAge, onFailure }: PoolOptions): Pool {
  const runtimes = Object.keys(sizes) as ImageName[]
  const ready: Record<ImageName, Place[]> = { python: [], node: [] }
  let filling: Promise<void> | undefined
  let wake: (() => void) | undefined
  let retryAt = 0
  let closed = false

  function keep(standing: Standing): void {
    const list = ready[standing.runtime]
    const place = { ...standing, stop: clock.after(maxAge, () => drop(place)) }
    list.push(place)
    // Somebody else has ended it: the reaper, or a restart of the engine.
    void standing.attachment.ended.then(() => drop(place))
  }

  function drop(place: Place): void {
    if (!remove(place)) return
    void discard(place)
    fillLater(REPLACE_AFTER)
  }

  function remove(place: Place): boolean {
    const list = ready[place.runtime]
    const at = list.indexOf(place)
    if (at === -1) return false
    list.splice(at, 1)
    place.stop()
    return true
  }

  function fillLater(ms: number): void {
    if (closed || wake) return
    wake = clock.after(ms, () => {
      wake = undefined
      fill()
    })
  }

  function fill(): void {
    if (closed || filling) return
    const early = retryAt - clock.now()
    if (early > 0) fillLater(early)
    else {
      filling = fillAll().finally(() => {
        filling = undefined
      })
    }
  }

  async function fillAll(): Promise<void> {
    for (const runtime of runtimes) {
      while (!closed && ready[runtime].length < sizes[runtime]) {
        try {
          const standing = await start(runtime)
          if (closed) return await discard(standing)
          keep(standing)
        } catch (error) {
          onFailure(runtime, error)
          retryAt = clock.now() + RETRY_AFTER
          fillLater(RETRY_AFTER)
          break
        }
      }
    }
  }

  return {
    take(runtime) {
      const place = ready[runtime][0]
      if (place && remove(place)) fillLater(REPLACE_AFTER)
      return place
    },
    fill,
    standing: (runtime) => ready[runtime].length,
    async close() {
      closed = true
      wake?.()
      await filling
      await Promise.all(
        Object.values(ready).flatMap((list) => [...list].map((place) => remove(place) && discard(place))),
      )
    },
  }
}

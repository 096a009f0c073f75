import type { ServeClient, ServeStatus } from '../../supervisor/index.ts'
import { isSameRedis } from './same-redis.ts'

/** What is known about the serve of this project. */
export type ServeView =
  | { kind: 'up'; status: ServeStatus }
  /** It runs, but does not answer. */
  | { kind: 'silent' }
  /** It works for another Redis than the one that is shown. */
  | { kind: 'elsewhere'; redis: string }
  | { kind: 'none' }

export interface ServeLink {
  /** How things were when it was last asked. */
  view(): ServeView
  /** The one that is up; undefined for all others. */
  client(): ServeClient | undefined
  /** Asks anew, for at most PATIENCE; where the last question is still open, no other one is asked. */
  look(): Promise<ServeView>
}

export interface ServeLinkOptions {
  /** Finds the serve that runs now. @throws AgentctlError when there is none */
  find(): ServeClient
  /** The Redis that is shown. */
  redisUrl(): string
  patience?: number
}

/** Milliseconds. It does nothing but to coordinate, so that it answers at once unless something is wrong. */
const PATIENCE = 1_000

/** Keeps looking for the serve that runs in this project: it may come, go, and come again as another process. */
export function createServeLink({ find, redisUrl, patience = PATIENCE }: ServeLinkOptions): ServeLink {
  let view: ServeView = { kind: 'none' }
  let client: ServeClient | undefined
  let open: Promise<void> | undefined

  async function ask(): Promise<void> {
    try {
      const found = find()
      const status = await found.status()
      const redis = status.urls.redis
      if (redis !== undefined && !isSameRedis(redis, redisUrl())) return set({ kind: 'elsewhere', redis })
      set({ kind: 'up', status }, found)
    } catch {
      // There is none, or it has ended while it was asked.
      set({ kind: 'none' })
    }
  }

  function set(next: ServeView, found?: ServeClient): void {
    view = next
    client = found
  }

  return {
    view: () => view,
    client: () => client,
    async look() {
      open ??= ask().finally(() => {
        open = undefined
      })
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<boolean>((resolve) => {
        timer = setTimeout(resolve, patience, true)
      })
      if (await Promise.race([open, late])) set({ kind: 'silent' })
      clearTimeout(timer)
      return view
    },
  }
}

import { isCluster, type RedisClient } from '../../platform/redis/index.ts'
import type { CacheGuard } from './guard.ts'

/** Something to send, to a client or to a pipeline of it. */
export type Write = (to: RedisClient) => Promise<unknown>

/** Writes for which nobody waits: sent some milliseconds later, all that there are by then in one go. */
export interface LateWrites {
  add(write: Write): void
  /** Sends what there is, and waits for it. */
  flush(): Promise<void>
}

/** Milliseconds. */
const DELAY = 5
const MOST = 64

export function createLateWrites(redis: RedisClient, guard: CacheGuard): LateWrites {
  const sending = new Set<Promise<unknown>>()
  let waiting: Write[] = []
  let timer: NodeJS.Timeout | undefined

  function send(): void {
    clearTimeout(timer)
    timer = undefined
    const writes = waiting
    waiting = []
    if (writes.length === 0) return
    const work = guard.run(() => sendAll(redis, writes)).finally(() => sending.delete(work))
    sending.add(work)
  }

  return {
    add(write) {
      waiting.push(write)
      if (waiting.length >= MOST) send()
      else timer ??= setTimeout(send, DELAY).unref()
    },
    async flush() {
      send()
      await Promise.all(sending)
    },
  }
}

async function sendAll(redis: RedisClient, writes: readonly Write[]): Promise<void> {
  // Keys that live on different servers of a cluster cannot share a pipeline.
  if (isCluster(redis) || writes.length === 1) {
    await Promise.all(writes.map((write) => write(redis)))
    return
  }
  const pipeline = redis.pipeline()
  for (const write of writes) void write(pipeline as unknown as RedisClient)
  const failure = (await pipeline.exec())?.find(([error]) => error)?.[0]
  if (failure) throw failure
}

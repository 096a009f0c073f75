import type { DashboardSource, Snapshot } from '../../runtime/dashboard/index.ts'
import { redisError } from '../../runtime/platform/redis/index.ts'

/** Each snapshot once, always the newest there is: who is slow misses those between. Ends when the signal is aborted. */
export async function* snapshots(source: DashboardSource, signal?: AbortSignal): AsyncGenerator<Snapshot> {
  let wake = () => {}
  const onAbort = () => wake()
  const unsubscribe = source.subscribe(() => wake())
  signal?.addEventListener('abort', onAbort, { once: true })
  let last: Snapshot | undefined
  try {
    while (!signal?.aborted) {
      const newest = source.snapshot()
      if (newest !== undefined && newest !== last) {
        last = newest
        yield newest
      } else {
        await new Promise<void>((resume) => {
          wake = resume
        })
      }
    }
  } finally {
    unsubscribe()
    signal?.removeEventListener('abort', onAbort)
  }
}

/**
 * The second snapshot: only then rates are known.
 * @throws AgentctlError REDIS_UNREACHABLE
 */
export async function secondSnapshot(source: DashboardSource): Promise<Snapshot> {
  let seen = 0
  for await (const snapshot of snapshots(source)) {
    if (snapshot.trouble) throw redisError('REDIS_UNREACHABLE', snapshot.trouble.what)
    seen += 1
    if (seen === 2) return snapshot
  }
  throw new Error('unreachable: snapshots end with their signal only')
}

import { createEventBus } from '../../runtime/bus/index.ts'
import { openRecords } from '../../runtime/evaluation/index.ts'
import { createLogger } from '../../runtime/platform/log/index.ts'
import { redisUrlOf } from '../../runtime/platform/redis/index.ts'
import { databaseUrlOf, sqlError } from '../../runtime/platform/sql/index.ts'
import { type Replayed, restoreEvaluations } from '../../runtime/storage/index.ts'
import { rangeOf } from '../events/event-flags.ts'
import { interrupted } from '../interrupted.ts'
import { createProgress } from '../progress.ts'
import { counted } from '../run-change.ts'
import { resolveSettings } from '../settings.ts'
import { withRedis } from '../with-redis.ts'
import { storageReplaySettings } from './replay-settings.ts'

interface ReplayFlags {
  from?: string | undefined
  to?: string | undefined
}

/** Stores what the history of events reports, and says how much it was. */
export async function runStorageReplay(
  flags: ReplayFlags & Record<string, unknown>,
  say: (text: string) => void,
): Promise<Replayed> {
  const { values } = resolveSettings(storageReplaySettings, flags)
  const url = databaseUrlOf(values)
  if (url === undefined) throw sqlError('DATABASE_URL_MISSING', 'there is nothing to store into')
  const signal = interrupted()
  const progress = createProgress()
  // Few lines, and worth a look: reports that could not be stored.
  const log = createLogger({ level: 'warn', bindings: {} })
  try {
    const result = await withRedis(storageReplaySettings, flags, async (redis) => {
      const connections = { redis, subscriber: redis }
      const bus = createEventBus({ redisUrl: redisUrlOf(values), name: 'cli', connections })
      try {
        return await restoreEvaluations({
          ...{ bus, records: await openRecords(redis), url, signal, log },
          ...rangeOf(flags),
          onProgress: ({ read }) => progress.show(`${counted(read, 'event')} read`),
        })
      } finally {
        await bus.close()
      }
    })
    progress.end()
    say(`${summaryOf(result)}.`)
    if (signal.aborted) say('It was interrupted: run it again, nothing is stored twice.')
    return result
  } finally {
    progress.end()
  }
}

function summaryOf({ read, created, updated, refused }: Replayed): string {
  const changes = `${counted(created, 'row')} created, ${counted(updated, 'change')} of rows`
  return `${counted(read, 'event')} read: ${changes}${refused === 0 ? '' : `, ${refused} refused`}`
}

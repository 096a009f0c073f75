import { createDeadLetters, type DeadLetter } from '../../bus/index.ts'
import {
  inspectError,
  listConsumers,
  listPending,
  peekStream,
  readOne,
  timeOfId,
} from '../../inspect/index.ts'
import { asUnreachable, type RedisClient } from '../../platform/redis/index.ts'
import { ENTRIES, type EntryView, type GroupDetail, type StreamDetail } from '../source.ts'

/** What one can look into; each call looks anew. */
export interface Details {
  /** @throws AgentctlError STREAM_NOT_FOUND, STREAM_WRONG_TYPE, REDIS_UNREACHABLE */
  stream(key: string): Promise<StreamDetail>
  /** Null when it is not there. @throws AgentctlError STREAM_WRONG_TYPE, REDIS_UNREACHABLE */
  entry(stream: string, id: string): Promise<EntryView | null>
  /** @throws AgentctlError GROUP_NOT_FOUND, REDIS_UNREACHABLE */
  group(stream: string, group: string): Promise<GroupDetail>
  /** Oldest first. @throws AgentctlError REDIS_UNREACHABLE */
  letters(type: string): Promise<readonly DeadLetter[]>
}

export function createDetails(redis: RedisClient): Details {
  return {
    stream: (key) =>
      explained(readStream(redis, key), () => inspectError('STREAM_NOT_FOUND', `there is no ${key}`)),
    entry: (stream, id) => explained(readEntry(redis, stream, id)),
    group: (stream, group) =>
      explained(readGroup(redis, stream, group), () =>
        inspectError('GROUP_NOT_FOUND', `${stream} has no group ${group}`),
      ),
    letters: (type) =>
      explained(createDeadLetters({ redis }).show(type, { limit: ENTRIES })).then(({ letters }) => letters),
  }
}

async function readStream(redis: RedisClient, stream: string): Promise<StreamDetail> {
  const entries = await peekStream(redis, stream, ENTRIES)
  if (entries.length === 0 && (await redis.exists(stream)) === 0) throw new Error('no such key')
  return { stream, entries: entries.map(viewOf) }
}

async function readEntry(redis: RedisClient, stream: string, id: string): Promise<EntryView | null> {
  const entry = await readOne(redis, stream, id)
  return entry ? viewOf(entry) : null
}

function viewOf({ id, fields }: Pick<EntryView, 'id' | 'fields'>): EntryView {
  return { id, at: timeOfId(id), fields }
}

async function readGroup(redis: RedisClient, stream: string, group: string): Promise<GroupDetail> {
  const [consumers, pending] = await Promise.all([
    listConsumers(redis, stream, group),
    listPending(redis, stream, group, { count: ENTRIES }),
  ])
  return { stream, group, consumers, pending }
}

/** Says in our own words what Redis says in its. */
async function explained<T>(reading: Promise<T>, gone?: () => Error): Promise<T> {
  try {
    return await reading
  } catch (error) {
    if (!(error instanceof Error)) throw error
    if (gone && /no such key|NOGROUP/i.test(error.message)) throw gone()
    if (error.message.startsWith('WRONGTYPE')) throw inspectError('STREAM_WRONG_TYPE', 'the key is no stream')
    throw asUnreachable(error) ?? error
  }
}

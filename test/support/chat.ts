import type { ChatContext, ChatHandler, ChatInput } from '../../src/runtime/chat/handler.ts'
import type { ChatJob } from '../../src/runtime/chat/messages.ts'
import type { RunningJob } from '../../src/runtime/platform/queue/index.ts'
import type { RedisClient } from '../../src/runtime/platform/redis/index.ts'
import { type RawEntry, type StreamEntry, toEntry } from '../../src/runtime/platform/streams/index.ts'

/** A job as a worker would be given it; `abort()` takes it away. */
export function chatJob(
  changes: Partial<RunningJob<ChatJob>> & { chat?: string; feature?: string; run?: string } = {},
): RunningJob<ChatJob> & { abort(): void } {
  const { chat = 'c', feature = 'f', run = 'r', ...rest } = changes
  const controller = new AbortController()
  return {
    id: run,
    data: { feature_id: feature, chat_id: chat, run, input: {} },
    attempt: 1,
    last: false,
    signal: controller.signal,
    abort: () => controller.abort(new Error('the worker is shutting down')),
    ...rest,
  }
}

/** A handler of some lines; each may be a value to yield or something to do. */
export function handlerOf(
  lines: (input: ChatInput, context: ChatContext) => AsyncIterable<unknown>,
): ChatHandler {
  return lines as ChatHandler
}

/** All entries of a stream, oldest first. */
export async function entriesOf(redis: RedisClient, key: string): Promise<StreamEntry[]> {
  return ((await redis.xrange(key, '-', '+')) as RawEntry[]).map(toEntry)
}

/** Takes the newest `count` entries away, as a Redis that comes back without its last second would. */
export async function loseTail(redis: RedisClient, key: string, count: number): Promise<void> {
  const all = (await redis.xrange(key, '-', '+')) as RawEntry[]
  const ttl = await redis.pttl(key)
  const transaction = redis.multi().del(key)
  for (const [id, fields] of all.slice(0, all.length - count)) transaction.xadd(key, id, ...fields)
  if (ttl > 0) transaction.pexpire(key, ttl)
  await transaction.exec()
}

import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { type Data, GROUP, IN_FLIGHT, TYPE } from '../events.ts'
import type { Contender, Handle } from './contender.ts'

export const KEY = `bench:stream:${TYPE}`

/** What one writes first: XADD; a blocking read, a handler, XACK. No retries, no second delivery, no limits. */
export const raw: Contender = {
  openPublisher(redisUrl) {
    const redis = new Redis(redisUrl)
    return {
      publish: (data) => redis.xadd(KEY, '*', ...fieldsOf(data)),
      close: () => redis.quit(),
    }
  },

  async openConsumer(redisUrl, handle) {
    const redis = new Redis(redisUrl)
    const reader = new Redis(redisUrl)
    await redis.xgroup('CREATE', KEY, GROUP, '$', 'MKSTREAM')
    void readLoop(reader, async (entries) => {
      await Promise.all(
        entries.map(([id, fields]) => {
          handleEntry(fields, handle)
          return redis.xack(KEY, GROUP, id)
        }),
      )
    })
    return {
      outstanding: () => pendingOf(redis, KEY, GROUP),
      close: () => {
        reader.disconnect()
        return redis.quit()
      },
    }
  },
}

export type Entry = [id: string, fields: string[]]

export function fieldsOf(data: Data): string[] {
  const timestamp = new Date().toISOString()
  return ['event_id', randomUUID(), 'event_type', TYPE, 'timestamp', timestamp, 'data', JSON.stringify(data)]
}

export function handleEntry(fields: readonly string[], handle: Handle): void {
  handle(JSON.parse(fields[7] as string))
}

/** Until the connection is closed. */
export async function readLoop(reader: Redis, take: (entries: Entry[]) => Promise<void>): Promise<void> {
  while (reader.status !== 'end') {
    const reply = await reader
      .xreadgroup('GROUP', GROUP, 'one', 'COUNT', IN_FLIGHT, 'BLOCK', 2_000, 'STREAMS', KEY, '>')
      .catch((error: unknown) => {
        if (reader.status !== 'end') throw error
      })
    const streams = reply as [key: string, entries: Entry[]][] | null | undefined
    await take(streams?.[0]?.[1] ?? [])
  }
}

/** Delivered and not acknowledged. */
export async function pendingOf(redis: Redis, key: string, group: string): Promise<number> {
  return Number((await redis.xpending(key, group))[0])
}

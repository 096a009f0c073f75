import { Redis } from 'ioredis'
import { type Data, GROUP } from '../events.ts'
import type { Contender } from './contender.ts'
import { fieldsOf, handleEntry, KEY, pendingOf, readLoop } from './raw.ts'

/** The upper limit: one pipeline for 50 events, one XACK for all that were read together. */
export const rawBatch: Contender = {
  openPublisher(redisUrl) {
    const redis = new Redis(redisUrl)
    const publishMany = async (batch: readonly Data[]) => {
      const pipeline = redis.pipeline()
      for (const data of batch) pipeline.xadd(KEY, '*', ...fieldsOf(data))
      for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error
    }
    return { publishMany, publish: (data) => publishMany([data]), close: () => redis.quit() }
  },

  async openConsumer(redisUrl, handle) {
    const redis = new Redis(redisUrl)
    const reader = new Redis(redisUrl)
    await redis.xgroup('CREATE', KEY, GROUP, '$', 'MKSTREAM')
    void readLoop(reader, async (entries) => {
      if (entries.length === 0) return
      for (const [, fields] of entries) handleEntry(fields, handle)
      await redis.xack(KEY, GROUP, ...entries.map(([id]) => id))
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

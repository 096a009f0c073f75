import type { ServerResponse } from 'node:http'
import { Redis } from 'ioredis'
import type { RunningRelay } from './relay.ts'
import { EVENT_STREAM, serve } from './serve.ts'

/** What one writes first: every client gets a Redis connection and waits in XREAD BLOCK on its stream. */
export function startRelay(redisUrl: string): Promise<RunningRelay> {
  return serve(async (chat, response) => {
    const redis = new Redis(redisUrl)
    response.once('close', () => redis.disconnect())
    response.writeHead(200, EVENT_STREAM).flushHeaders()
    await relay(redis, `stream:bench:${chat}`, response)
  })
}

async function relay(redis: Redis, key: string, response: ServerResponse): Promise<void> {
  let cursor = '0-0'
  while (!response.destroyed) {
    const reply = await redis.xread('COUNT', 100, 'BLOCK', 5_000, 'STREAMS', key, cursor)
    for (const [id, fields] of reply?.[0]?.[1] ?? []) {
      cursor = id
      if (fieldOf(fields, 'kind') === 'message')
        response.write(`id: ${id}\ndata: ${fieldOf(fields, 'data')}\n\n`)
    }
  }
}

function fieldOf(fields: string[], name: string): string {
  return fields[fields.indexOf(name) + 1] ?? ''
}

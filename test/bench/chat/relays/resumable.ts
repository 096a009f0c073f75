import { Redis } from 'ioredis'
import { createResumableStreamContext } from 'resumable-stream/ioredis'
import type { RunningRelay } from './relay.ts'
import { EVENT_STREAM, serve } from './serve.ts'

/** The resuming route of `resumable-stream`'s README, on `node:http`: every client resumes a stream. */
export function startRelay(redisUrl: string): Promise<RunningRelay> {
  const publisher = new Redis(redisUrl)
  const subscriber = new Redis(redisUrl)
  const context = createResumableStreamContext({ waitUntil: null, publisher, subscriber })
  return serve(async (chat, response) => {
    const stream = await context.resumeExistingStream(chat)
    if (!stream) return void response.writeHead(422).end('Stream is already done')
    response.writeHead(200, EVENT_STREAM).flushHeaders()
    const reader = stream.getReader()
    response.once('close', () => reader.cancel().catch(() => {}))
    for (let step = await reader.read(); !step.done; step = await reader.read()) response.write(step.value)
    response.end()
  })
}

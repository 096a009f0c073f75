import { Redis } from 'ioredis'
import { createResumableStreamContext } from 'resumable-stream/ioredis'
import { sseFrame } from '../../../../src/runtime/platform/http/sse.ts'
import { chatOf, writeMessage } from '../messages.ts'
import type { Sink } from './sink.ts'

/**
 * The producing side of `resumable-stream`, which keeps the chunks in this process and publishes them to
 * every client that resumes. It runs here and not in the relay, so that the relay is charged for relaying
 * alone and every message crosses Redis, as it does in the other designs.
 */
export async function openSink(redisUrl: string, streams: number): Promise<Sink> {
  const publisher = new Redis(redisUrl)
  const subscriber = new Redis(redisUrl)
  const context = createResumableStreamContext({ waitUntil: null, publisher, subscriber })
  const controllers: ReadableStreamDefaultController<string>[] = []
  for (let i = 0; i < streams; i++) {
    const makeStream = () =>
      new ReadableStream<string>({
        start(controller) {
          controllers[i] = controller
        },
      })
    const first = await context.createNewResumableStream(chatOf(i).chat, makeStream)
    await first?.cancel() // the client that started the chat has gone; those that resume are measured
  }
  return {
    async send(stream, seq) {
      controllers[stream]?.enqueue(sseFrame(writeMessage(stream, seq), { id: String(seq) }))
    },
    close: () => Promise.all([publisher.quit(), subscriber.quit()]),
  }
}

import { createTranscript } from '../../../../src/runtime/chat/transcript.ts'
import { connectRedis, disconnectRedis } from '../../../../src/runtime/platform/redis/index.ts'
import { quietLog } from '../../support/log.ts'
import { chatOf, writeMessage } from '../messages.ts'
import type { Sink } from './sink.ts'

const RUN = 'bench'
const TTL = 3_600_000

/** Writes as a worker does: the same script, fenced and deduplicated, with its wake-up. */
export async function openSink(redisUrl: string, streams: number): Promise<Sink> {
  const redis = connectRedis({ url: redisUrl, purpose: 'worker', name: 'bench-producer', log: quietLog() })
  const transcript = createTranscript(redis, TTL)
  await Promise.all(Array.from({ length: streams }, (_, i) => transcript.start(chatOf(i), RUN, {})))
  return {
    async send(stream, seq) {
      const data = writeMessage(stream, seq)
      const entry = { run: RUN, attempt: 1, seq, kind: 'message', data } as const
      const { status } = await transcript.append(chatOf(stream), entry)
      if (status !== 'written') throw new Error(`message ${seq} of stream ${stream} was not taken: ${status}`)
    },
    close: () => disconnectRedis(redis),
  }
}

import type { Duplex } from 'node:stream'
import { createMultiplexed, type StreamName } from './multiplexed.ts'

export type OnBytes = (name: StreamName, bytes: Buffer) => void

/** A connection to stdin, stdout and stderr of a container. */
export interface Attachment {
  /** Gives the container something to read on stdin, and then its end. */
  send(bytes: Uint8Array): void
  /** Who is told of its output from now on; until then it is passed over. */
  listen(listener: OnBytes): void
  /** Resolves when there is no more output: with the error if the connection broke. Never rejects. */
  readonly ended: Promise<Error | undefined>
  close(): void
}

export function createAttachment(stream: Duplex): Attachment {
  let listener: OnBytes = () => {}
  const take = createMultiplexed((name, bytes) => listener(name, bytes))
  const ended = new Promise<Error | undefined>((resolve) => {
    stream.once('error', resolve)
    stream.once('end', () => resolve(undefined))
    stream.once('close', () => resolve(undefined))
  })
  // A second error, such as of a write after the first, is no news.
  stream.on('error', () => {})
  stream.on('data', take)
  return {
    ended,
    send: (bytes) => void stream.end(bytes),
    listen(next) {
      listener = next
    },
    close: () => void stream.destroy(),
  }
}

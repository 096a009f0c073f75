import type { Redis } from 'ioredis'

/**
 * Has the commands of one turn of the event loop leave in one system call. The driver writes each by itself, and under load
 * these calls are what costs most. Nothing waits: the turn is the same, and so is the order.
 */
export function writeTogether(client: Redis): void {
  client.on('connect', () => {
    const { stream } = client as unknown as { stream: NodeJS.WritableStream & Corkable }
    const write = stream.write.bind(stream) as typeof stream.write
    const uncork = () => stream.uncork()
    stream.write = ((...args: Parameters<typeof write>) => {
      if (stream.writableCorked === 0) {
        stream.cork()
        process.nextTick(uncork)
      }
      return write(...args)
    }) as typeof write
  })
}

interface Corkable {
  readonly writableCorked: number
  cork(): void
  uncork(): void
}

import type { Redis } from 'ioredis'

/** Milliseconds between two looks at a connection. */
const LOOK = 1_000
/** Looks in a row without a byte, while an answer is due, after which the server counts as gone. */
const PATIENCE = 5

/**
 * Cuts a connection whose server has stopped to answer without closing it, as a machine does that hangs or is cut off from the
 * network: commands would wait on it for as long as the operating system keeps it open. The client then connects anew, and
 * Sentinel or the cluster says where to. It is noticed within six seconds.
 *
 * Looks are counted, not milliseconds, so that a pause of this process is not taken for one of the server. No command may keep the
 * server silent for longer: those that block do so for less.
 */
export function cutWhenSilent(client: Redis): void {
  client.on('connect', () => {
    const { stream } = insidesOf(client)
    let heard = stream.bytesRead
    let silent = 0
    const timer = setInterval(() => {
      const news = stream.bytesRead !== heard
      heard = stream.bytesRead
      // A subscriber waits for what others say, and expects no answer: it has to ask for one.
      if (isSubscribed(client) && !news && !isDue(client)) client.ping().catch(() => {})
      silent = news || !isDue(client) ? 0 : silent + 1
      if (silent >= PATIENCE)
        stream.destroy(new Error(`Redis has not answered for ${(LOOK * PATIENCE) / 1_000} s`))
    }, LOOK)
    timer.unref()
    stream.once('close', () => clearInterval(timer))
  })
}

function isDue(client: Redis): boolean {
  return insidesOf(client).commandQueue.length > 0
}

/** Its mode does not say so with version 3 of the protocol, in which everything may be asked of a subscriber. */
function isSubscribed(client: Redis): boolean {
  return Boolean(insidesOf(client).condition?.subscriber)
}

interface Insides {
  readonly stream: NodeJS.EventEmitter & { readonly bytesRead: number; destroy(error: Error): void }
  /** Commands that are sent and not answered. */
  readonly commandQueue: { readonly length: number }
  readonly condition?: { readonly subscriber: unknown } | null
}

/** What the driver knows and its types keep to themselves. */
function insidesOf(client: Redis): Insides {
  return client as unknown as Insides
}

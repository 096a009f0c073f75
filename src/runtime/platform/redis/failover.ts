import type { Cluster, Redis } from 'ioredis'

/** Milliseconds between two looks at a connection. */
const LOOK = 1_000

/**
 * Cuts a connection whose server has stopped to answer without closing it, as a machine does that hangs or is cut off from the
 * network: commands would wait on it for as long as the operating system keeps it open. The client then connects anew, and
 * Sentinel or the cluster says where to.
 *
 * Looks are counted, not milliseconds, so that a pause of this process is not taken for one of the server.
 * @param patience seconds without a byte, while an answer is due, after which the server counts as gone; no command may block for
 *   longer
 */
export function cutWhenSilent(client: Redis, patience: number): void {
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
      if (silent >= patience) stream.destroy(new Error(`Redis has not answered for ${patience} s`))
    }, LOOK)
    timer.unref()
    stream.once('close', () => clearInterval(timer))
  })
}

/**
 * Has `connect` settle when the cluster is connected, or has ended, by whichever attempt. The driver forgets the promise of an attempt that
 * reaches a server which then hangs: it tries again by itself, and whoever waits for the first attempt would wait for ever.
 */
export function settleWhenConnected(cluster: Cluster): void {
  const connect = cluster.connect.bind(cluster)
  cluster.connect = () =>
    new Promise((resolve, reject) => {
      const onEnd = () => settle(() => reject(new Error('Connection is closed.')))
      const onReady = () => settle(resolve)
      const settle = (end: () => void) => {
        cluster.off('ready', onReady).off('end', onEnd)
        end()
      }
      cluster.once('ready', onReady).once('end', onEnd)
      connect().then(onReady, (error) => settle(() => reject(error)))
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

import { setTimeout as pause } from 'node:timers/promises'
import { type Logger, messageOf } from '../../kernel/index.ts'
import { Client } from './client.ts'

export interface ListenerOptions {
  url: string
  /** What is listened for: an SQL name in lower case. */
  channel: string
  /** Called with each notification, and without a payload whenever some may have been missed: after each connecting. */
  onNotify(payload?: string): void
  /** What the server shows of us: `agentctl:NAME`. */
  name: string
  log: Logger
}

export interface Listener {
  close(): Promise<void>
}

const CONNECT_TIMEOUT = 5_000
/** Milliseconds between two attempts to connect: the first, doubled up to the last. */
const [SHORTEST, LONGEST] = [100, 5_000]
/** Milliseconds between two signs of life: a connection that only listens would not notice that the other side has gone. */
const PULSE = 30_000

/**
 * Listens for notifications of the database, over a connection of its own that is made again whenever it is lost. What is
 * notified meanwhile is lost: use it to be quick, not to be sure.
 */
export function openListener(options: ListenerOptions): Listener {
  const closing = new AbortController()
  const running = listen(options, closing.signal)
  return {
    async close() {
      closing.abort()
      await running
    },
  }
}

async function listen(options: ListenerOptions, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      await listenOnce(options, signal, () => {
        failures = 0
      })
    } catch (error) {
      options.log.debug({ reason: messageOf(error) }, 'listening to the database was cut off')
    }
    await pause(Math.min(LONGEST, SHORTEST * 2 ** Math.min(failures, 10)), undefined, { signal }).catch(
      () => {},
    )
  }
}

/** Returns or rejects once the connection is lost, or when it is no longer wanted. */
async function listenOnce(
  { url, channel, onNotify, name }: ListenerOptions,
  signal: AbortSignal,
  onConnected: () => void,
): Promise<void> {
  const client = new Client({
    ...{ connectionString: url, application_name: `agentctl:${name}`, keepAlive: true },
    ...{ connectionTimeoutMillis: CONNECT_TIMEOUT, query_timeout: CONNECT_TIMEOUT },
  })
  const lost = new Promise<void>((resolve, reject) => {
    client.once('error', reject)
    client.once('end', resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  lost.catch(() => {})
  client.on('error', () => {})
  client.on('notification', ({ payload }) => onNotify(payload))
  let pulse: NodeJS.Timeout | undefined
  try {
    await Promise.race([client.connect(), lost])
    if (signal.aborted) return
    await Promise.race([client.query(`LISTEN ${client.escapeIdentifier(channel)}`), lost])
    onConnected()
    if (!signal.aborted) onNotify()
    // One that gets no answer ends the connection.
    pulse = setInterval(() => client.query('SELECT 1').catch((error) => client.emit('error', error)), PULSE)
    await lost
  } finally {
    clearInterval(pulse)
    await client.end().catch(() => {})
  }
}

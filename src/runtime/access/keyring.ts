import { type Logger, messageOf } from '../kernel/index.ts'
import { isAway, type RedisClient } from '../platform/redis/index.ts'
import { accessError } from './errors.ts'
import { CHANGES_CHANNEL } from './keys.ts'
import type { AccessRecord } from './record.ts'
import type { KeyStore } from './store.ts'

/** The keys that are in use just now, so that Redis need not be asked for each request. */
export interface Keyring {
  /**
   * @returns undefined when nobody has made that key
   * @throws AgentctlError ACCESS_UNAVAILABLE when Redis is away, and has been for longer than what was read may be trusted
   */
  find(id: string): Promise<AccessRecord | undefined>
  close(): void
}

export interface KeyringOptions {
  store: Pick<KeyStore, 'find'>
  /** For SUBSCRIBE; may be shared. */
  subscriber: RedisClient
  /** Told of each key that is revoked. */
  onRevoked?: (id: string) => void
  log: Logger
  /** Milliseconds after which a key is read anew, if nothing is heard of it: how late a revocation may come at the worst. */
  fresh?: number
  /** Milliseconds for which a key that was read is good while Redis is away. */
  grace?: number
  now?: () => number
}

interface Known {
  record: AccessRecord
  readAt: number
}

/** Keys that are remembered; the one that was read first makes room. */
const MOST = 10_000

export function createKeyring(options: KeyringOptions): Keyring {
  const {
    store,
    subscriber,
    log,
    onRevoked = () => {},
    fresh = 1_000,
    grace = 60_000,
    now = () => performance.now(),
  } = options
  const known = new Map<string, Known>()
  const reading = new Map<string, Promise<AccessRecord | undefined>>()

  const onMessage = (channel: string, message: string) => {
    if (channel !== CHANGES_CHANNEL) return
    const [change = '', id = ''] = message.split(':')
    log.info({ audit: change, key: id }, `an API key was ${change}`)
    if (change !== 'revoked') return
    known.delete(id)
    reading.delete(id) // what it reads may be from before
    onRevoked(id)
  }
  const listen = () => {
    subscriber.subscribe(CHANGES_CHANNEL).catch((error: Error) => {
      log.warn(
        { reason: messageOf(error) },
        'revoked keys are not announced here: they are noticed within a second',
      )
    })
  }
  subscriber.on('message', onMessage)
  listen()

  function remember(id: string, found: Known | undefined): void {
    known.delete(id)
    if (found === undefined) return
    known.set(id, found)
    const [oldest] = known.keys()
    if (known.size > MOST && oldest !== undefined) known.delete(oldest)
  }

  /** Many requests at once ask once. */
  function readOnce(id: string): Promise<AccessRecord | undefined> {
    const under = reading.get(id)
    if (under) return under
    const readAt = now()
    const begun: Promise<AccessRecord | undefined> = store
      .find(id)
      .then((record) => {
        // A revocation that came meanwhile has taken this reading away, whoever reads it again.
        if (reading.get(id) === begun) remember(id, record && { record, readAt })
        return record
      })
      .finally(() => {
        if (reading.get(id) === begun) reading.delete(id)
      })
    reading.set(id, begun)
    return begun
  }

  return {
    async find(id) {
      const found = known.get(id)
      if (found && now() - found.readAt < fresh) return found.record
      try {
        return await readOnce(id)
      } catch (error) {
        if (!isAway(error as Error)) throw error
        const last = known.get(id)
        if (last && now() - last.readAt < grace) return last.record
        throw accessError('ACCESS_UNAVAILABLE', 'Redis is away, and this key was not used lately', {
          cause: error,
        })
      }
    },
    close() {
      subscriber.off('message', onMessage)
    },
  }
}

import { randomUUID } from 'node:crypto'
import type { RedisClient } from '../../platform/redis/index.ts'
import { CLEARED_CHANNEL } from '../keys.ts'

/** Tells all replicas that the cache was cleared. */
export interface Clearings {
  /** Whether a clearing by another replica would be heard of now. */
  readonly heard: boolean
  announce(): Promise<void>
  close(): Promise<void>
}

export interface ClearingListener {
  /** Another replica has cleared the cache. */
  onCleared(): void
  /** It may have been: for a while nothing was heard. */
  onUnsure(): void
}

/**
 * @param redis for PUBLISH
 * @param subscriber for SUBSCRIBE; shared with nobody
 */
export function listenToClearings(
  redis: RedisClient,
  subscriber: RedisClient,
  { onCleared, onUnsure }: ClearingListener,
): Clearings {
  /** Of what is announced here nobody here need hear. */
  const own = randomUUID()
  let heard = false
  const lose = () => {
    heard = false
    onUnsure()
  }
  const listen = async () => {
    const subscribed = await subscriber.subscribe(CLEARED_CHANNEL).then(
      () => true,
      () => false, // refused, or the connection is lost again
    )
    onUnsure() // whatever was announced before this is not known
    heard = subscribed && subscriber.status === 'ready'
  }
  const onMessage = (channel: string, by: string) => {
    if (channel === CLEARED_CHANNEL && by !== own) onCleared()
  }
  subscriber.on('message', onMessage)
  subscriber.on('ready', listen)
  subscriber.on('close', lose)
  if (subscriber.status === 'ready') void listen()
  return {
    get heard() {
      return heard
    },
    async announce() {
      await redis.publish(CLEARED_CHANNEL, own)
    },
    async close() {
      heard = false
      subscriber.off('message', onMessage).off('ready', listen).off('close', lose)
    },
  }
}

import type { RedisClient } from '../../platform/redis/index.ts'
import { CLEARED_CHANNEL } from '../keys.ts'

/** Tells all replicas that the cache was cleared. */
export interface Clearings {
  /** Whether a clearing by another replica would be heard of now. */
  readonly heard: boolean
  announce(): Promise<void>
  close(): Promise<void>
}

/**
 * @param redis for PUBLISH
 * @param subscriber for SUBSCRIBE; shared with nobody
 */
export function listenToClearings(
  redis: RedisClient,
  subscriber: RedisClient,
  cleared: () => void,
): Clearings {
  let heard = false
  const lose = () => {
    heard = false
    cleared()
  }
  const listen = async () => {
    const subscribed = await subscriber.subscribe(CLEARED_CHANNEL).then(
      () => true,
      () => false, // refused, or the connection is lost again
    )
    cleared() // whatever was announced before this is not known
    heard = subscribed && subscriber.status === 'ready'
  }
  const onMessage = (channel: string) => {
    if (channel === CLEARED_CHANNEL) cleared()
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
      await redis.publish(CLEARED_CHANNEL, '1')
    },
    async close() {
      heard = false
      subscriber.off('message', onMessage).off('ready', listen).off('close', lose)
    },
  }
}

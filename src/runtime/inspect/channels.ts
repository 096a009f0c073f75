import { EventEmitter, on } from 'node:events'
import type { RedisClient } from '../platform/redis/index.ts'
import { isPattern } from './scan.ts'

/** One message of pub/sub. Redis keeps none: what nobody hears is gone. */
export interface ChannelMessage {
  /** ISO 8601, UTC: when it arrived here. */
  at: string
  channel: string
  message: string
}

/**
 * Yields what is published on channels from now on, each message once also where several patterns match, until aborted.
 * @param redis made for the purpose `subscriber`; shared with nobody
 * @param names channels, or glob patterns
 * @param onListening told when the server has taken the subscriptions
 */
export async function* listenToChannels(
  redis: RedisClient,
  names: readonly string[],
  signal: AbortSignal,
  onListening: () => void = () => {},
): AsyncGenerator<ChannelMessage> {
  const patterns = names.filter(isPattern)
  const channels = names.filter((name) => !isPattern(name))
  const arrivals = new EventEmitter()
  const isFirst = createOnce()
  const arrive = (subscription: string, channel: string, message: string) => {
    if (isFirst(subscription, channel))
      arrivals.emit('message', { at: new Date().toISOString(), channel, message })
  }
  const onMessage = (channel: string, message: string) => arrive(`channel ${channel}`, channel, message)
  const onPatternMessage = (pattern: string, channel: string, message: string) =>
    arrive(`pattern ${pattern}`, channel, message)
  redis.on('message', onMessage)
  redis.on('pmessage', onPatternMessage)
  try {
    const messages = on(arrivals, 'message', { signal })
    if (channels.length > 0) await redis.subscribe(...channels)
    if (patterns.length > 0) await redis.psubscribe(...patterns)
    onListening()
    for await (const [message] of messages) yield message as ChannelMessage
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    redis.off('message', onMessage)
    redis.off('pmessage', onPatternMessage)
  }
}

/** Redis sends a message once for each subscription it matches: of each channel, the first that delivers counts. */
function createOnce(): (subscription: string, channel: string) => boolean {
  const owners = new Map<string, string>()
  return (subscription, channel) => {
    const owner = owners.get(channel)
    if (owner === undefined) owners.set(channel, subscription)
    return owner === undefined || owner === subscription
  }
}

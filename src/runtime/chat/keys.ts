import type { Chat } from './messages.ts'

/** The chat's Redis Stream; also the channel on which new entries are announced. */
export const streamKey = ({ feature, chat }: Chat) => `stream:${feature}:${chat}`

/** Every chat's. */
export const CHAT_STREAMS = 'stream:*'

/** Prefix of the job queues. The hash tag keeps a queue's keys in one slot of a cluster. */
export const QUEUE_PREFIX = '{chat}'

/** The pool that serves every feature without workers of its own; also the meaning of FEATURE_ID=default. */
export const DEFAULT_POOL = 'default'

/** Name of a pool's queue: its waiting jobs are the list `{chat}:NAME:wait`. */
export const queueName = (pool: string) => (pool === DEFAULT_POOL ? DEFAULT_POOL : `feature-${pool}`)

/** Sorted set of a pool's living workers, scored by the time at which they count as dead. */
export const poolKey = (pool: string) => `chat:pool:${pool}`

/** Set of the features that had workers of their own, so that what those left behind is found. */
export const POOLS_KEY = 'chat:pools'

/** Sorted set of the features whose use is watched, scored by when their last job was added, in milliseconds since 1970. */
export const ACTIVITY_KEY = 'chat:activity'

// The hash tag keeps all of it in one slot of a cluster, so that a key and its place in the list change in one step.

/** Hash: what is known of an API key, by its id. */
export const recordKey = (id: string) => `{access}:key:${id}`

/** Sorted set: the ids of all keys, by the time they were made in milliseconds. */
export const KEYS = '{access}:keys'

/** Hash: id → when the key was last used, in milliseconds; written once a minute at most. */
export const USED = '{access}:used'

/** Prefixes of what counts requests. */
export const RATE_PREFIX = '{access}:rate'
export const BURST_PREFIX = '{access}:burst'

/** Channel: `created:ID` and `revoked:ID`. */
export const CHANGES_CHANNEL = 'access:changes'

/** Name of the balancer's pool of replicas. */
export const LLM_POOL = 'llm'

/** Prefix of the cached answers. */
export const CACHE_PREFIX = 'llm:cache:'

/** A cached answer. The hash tag puts it into one slot of a cluster with the lock of its making. */
export const cacheKey = (digest: string) => `${CACHE_PREFIX}{${digest}}`

/** Held by the process that is asking the provider for the answer. */
export const lockKey = (digest: string) => `llm:lock:{${digest}}`

/** Channel on which a clearing of the cache is announced. */
export const CLEARED_CHANNEL = 'llm:cleared'

/** Prefixes of the counters of a tenant's requests in a minute, and of its tokens in a day. */
export const REQUEST_QUOTA_PREFIX = 'llm:quota:requests'
export const TOKEN_QUOTA_PREFIX = 'llm:quota:tokens'

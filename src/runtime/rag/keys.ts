/**
 * Prefix of the queues: what waits for a stage is the list `job:encoder_in:wait`. In a cluster all of a job's steps must be
 * in one slot, for which the prefix carries a hash tag: `{job}:encoder_in:wait`.
 */
export const queuePrefix = (cluster: boolean) => (cluster ? '{job}' : 'job')

/** Names of the queues, in the order in which a query passes them; ingestion has one of its own. */
export const ENCODER_IN = 'encoder_in'
export const RETRIEVER_IN = 'retriever_in'
export const LLM_IN = 'llm_in'
export const DOCUMENTS_IN = 'documents_in'

/** Feature of the chats in which answers are streamed; a chat's id is that of its query. */
export const RAG_FEATURE = 'rag'

/** The streams of these chats. */
export const ANSWER_STREAMS = `stream:${RAG_FEATURE}:*`

/** What has become of a job: its answer, or why there is none. */
export const completionKey = (job: string) => `job:completion:${job}`

/** Channel on which one gateway hears of the jobs it has added. */
export const doneChannel = (gateway: string) => `job:done:${gateway}`

/** Digest of the request that an Idempotency-Key was used for first. */
export const requestKey = (job: string) => `rag:request:${job}`

/** Sorted set of a stage's living workers, scored by the time at which they count as dead. */
export const stageKey = (stage: string) => `rag:stage:${stage}`

/** Prefix of the counters of a user's rate and quota. */
export const RATE_PREFIX = 'rag:rate'
export const QUOTA_PREFIX = 'rag:quota'

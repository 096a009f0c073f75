/** Name and prefix of the queue; the prefix keeps all its keys in one slot of a cluster. */
export const QUEUE = 'evaluations'
export const QUEUE_PREFIX = '{eval}'

/** Pool of the balancer in which executors are found. */
export const EXECUTOR_POOL = 'executor'

/** Hash: what is known of an evaluation until its row is stored. */
export const recordKey = (id: string) => `eval:record:${id}`

/** Stream: output of an evaluation that runs, until a minute after its end. */
export const outputKey = (id: string) => `eval:output:${id}`
export const OUTPUT_STREAMS = 'eval:output:*'

/** The evaluation that an Idempotency-Key was used for, and a digest of its submission. */
export const requestKey = (digest: string) => `eval:request:${digest}`

/** Channel: ids of evaluations that are to be cancelled while they run. */
export const CANCEL_CHANNEL = 'eval:cancel'

/** Channel: ids of evaluations that have come to their end. */
export const ENDED_CHANNEL = 'eval:ended'

import type { Policy } from './policy.ts'

/**
 * Requests under way, whatever they are. A replica that fails at once is idle most of the time and would draw
 * everything: failing always counts as twenty requests.
 */
export const leastConnections: Policy = { weights: () => [1, 0, 20, 0], explore: 0 }

/**
 * Latency × (requests under way + 3). With one instead of three this is the expected wait behind each other, as Finagle's
 * "peak EWMA" reckons; but a server works on several requests at once, so that the first few cost next to nothing.
 */
export const ewma: Policy = { weights: () => [0, 3, 0, 1], explore: 0 }

/** Everything that is decided in one step is in one slot of a cluster. */
const prefix = (pool: string) => `{balancer:${pool}}`

/** Sorted set of a pool's replicas, scored by the time until which each is registered; 0 when it has left. */
export const replicasKey = (pool: string) => `${prefix(pool)}:replicas`

/** Prefix of the sorted sets of leases, one for each replica, scored by the time until which each is held. */
export const leasesPrefix = (pool: string) => `${prefix(pool)}:leases:`
export const leasesKey = (pool: string, url: string) => leasesPrefix(pool) + url

/** Prefix of the hashes with what is known about each replica. */
export const statePrefix = (pool: string) => `${prefix(pool)}:state:`
export const stateKey = (pool: string, url: string) => statePrefix(pool) + url

/** Hash of what all clients have learned together. */
export const modelKey = (pool: string) => `${prefix(pool)}:model`

/** Prefix of the loads, for people and other programs: `llm:load:http://127.0.0.1:8001`. */
export const loadPrefix = (pool: string) => `${pool}:load:`
export const loadKey = (pool: string, url: string) => loadPrefix(pool) + url

/** What agentctl keeps data in, and does not bring itself. */
export type Store = 'redis' | 'postgres'

/** What several units must know the same of, and nobody else. */
export type Secret = 'executor-token' | 'docker-proxy-token' | 'db-password' | 'api-password'

/** Who reaches whom: units see each other where they share one of these. */
export type Network = 'default' | 'executors' | 'sandbox'

/** Where the value of an environment variable comes from. */
export type Variable =
  /** It is always this. */
  | { readonly name: string; readonly value: string }
  /** The address of a store. */
  | { readonly name: string; readonly store: Store }
  /** A secret that is made for the installation. */
  | { readonly name: string; readonly secret: Secret }
  /** Whoever installs may set it, under the same name; unset, it is left out. `key`: it is nobody else's business. */
  | { readonly name: string; readonly choice: true; readonly key?: boolean }

/** A file system that outlives containers. */
export interface UnitVolume {
  readonly name: string
  /** Absolute path in the container. */
  readonly path: string
}

/** One kind of container: a role with its arguments, and all that an engine or a cluster must know to run it. */
export interface Unit {
  /** A DNS label, under which others reach it. */
  readonly name: string
  /** What it does, in one line. */
  readonly summary: string
  /** Name of its role, which is the first argument of the image. */
  readonly role: string
  readonly args: readonly string[]
  readonly replicas: number
  /** More replicas share the work. Of the others there is one. */
  readonly scales: boolean
  /** Port of its API, for those who call it. */
  readonly port?: number
  /** Port of /health, /ready and /metrics. */
  readonly healthPort: number
  /** Its port is meant for clients outside. */
  readonly published: boolean
  /** It tells others, by Redis, at which address each replica is reached. */
  readonly advertises: boolean
  readonly variables: readonly Variable[]
  readonly needs: readonly Store[]
  readonly networks: readonly Network[]
  /** Most memory of one replica, in MiB. */
  readonly memory: number
  /** Takes part in running programs, which fits into 950 MiB as a whole. */
  readonly core: boolean
  /** Seconds between asking it to stop and making it stop; longer than its drain timeout. */
  readonly grace: number
  readonly volumes: readonly UnitVolume[]
  /** Talks to the engine by its socket; one alone does. */
  readonly engineSocket: boolean
}

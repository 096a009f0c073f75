import type { FeatureSettings } from './feature.ts'

/** What a backend has of one feature. */
export interface FoundFeature {
  feature: string
  /** As they were given; undefined where that can no longer be told. */
  settings: FeatureSettings | undefined
  /** Workers that are there, and those of them that take jobs. */
  replicas: number
  ready: number
  /** Why there are fewer than wanted, where that is known. */
  problem?: string
  /** It is being removed already. */
  leaving: boolean
}

/** What an act needs to know of whoever acts. */
export interface Authority {
  /** Aborted when another may act. */
  signal: AbortSignal
  /** Grows with each change of who leads. */
  fence: number
}

/**
 * Where features get workers of their own. Whoever uses it looks again and again: every method may be called at any time and
 * any number of times. All of them throw AgentctlErrors, which are worth another try.
 */
export interface FeatureBackend {
  readonly name: string
  /** Makes what is there as it is wanted. Where it is so already nothing happens. */
  apply(feature: string, settings: FeatureSettings, authority: Authority): Promise<FoundFeature>
  /** Removes all of it; false while something is left. */
  remove(feature: string, authority: Authority): Promise<boolean>
  get(feature: string, signal?: AbortSignal): Promise<FoundFeature | undefined>
  /** The features of which there is anything. */
  list(signal?: AbortSignal): Promise<string[]>
  /** Tells of features that may have changed, of all (undefined) when it does not know which; until `signal` is aborted. */
  watch(onChange: (feature: string | undefined) => void, signal: AbortSignal): Promise<void>
  /** Rejects while it cannot be reached. */
  ping(): Promise<unknown>
  close(): Promise<void>
}

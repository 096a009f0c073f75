import type { FoundFeature } from './backend.ts'
import type { FeatureRecord, FeatureSettings } from './feature.ts'

/** What the jobs of a feature say of its use. */
export interface Use {
  /** Milliseconds since 1970. */
  last: number
  /** Jobs that its workers have, or that wait for them. */
  jobs: number
}

/** What is to be done about one feature. */
export type Step =
  /** Nothing is wanted, nothing is there. */
  | { act: 'rest' }
  | { act: 'apply'; settings: FeatureSettings; idleIn: number }
  | { act: 'remove' }
  /** Nobody has used it for long: it is to be deleted. */
  | { act: 'expire'; idleFor: number }
  /** It is there and nobody knows of it: what was wanted has been lost. */
  | { act: 'adopt'; settings: FeatureSettings }

export interface Circumstances {
  wanted: FeatureRecord | undefined
  found: FoundFeature | undefined
  /** Undefined when it cannot be told: then nothing is taken for idle. */
  use: Use | undefined
  /** Milliseconds since 1970. */
  now: number
}

/** Compares what is wanted with what is there. Depends on nothing else, such as what has happened before. */
export function decide({ wanted, found, use, now }: Circumstances): Step {
  if (wanted === undefined) return withoutWish(found)
  if (wanted.deleted) return { act: 'remove' }
  const idleFor = use === undefined ? 0 : idleTime(wanted, use, now)
  if (use?.jobs === 0 && idleFor >= patienceWith(wanted, found)) return { act: 'expire', idleFor }
  return { act: 'apply', settings: settingsOf(wanted), idleIn: Math.max(0, wanted.idleTimeout - idleFor) }
}

/** Milliseconds for which workers may start, however short the idle timeout is. */
const START = 60_000

/** Nobody can use what is still starting. */
function patienceWith({ idleTimeout, min }: FeatureRecord, found: FoundFeature | undefined): number {
  return (found?.ready ?? 0) < min ? Math.max(START, idleTimeout) : idleTimeout
}

/** Whoever deletes leaves a record of that: without one the records are lost, and the workers may be needed. */
function withoutWish(found: FoundFeature | undefined): Step {
  if (found === undefined || found.leaving) return { act: 'rest' }
  return found.settings === undefined ? { act: 'remove' } : { act: 'adopt', settings: found.settings }
}

/** Milliseconds since anything was to be done for it. */
export function idleTime(wanted: FeatureRecord, use: Use, now: number): number {
  return use.jobs > 0 ? 0 : Math.max(0, now - Math.max(use.last, wanted.created))
}

export function settingsOf({ min, max, idleTimeout }: FeatureSettings): FeatureSettings {
  return { min, max, idleTimeout }
}

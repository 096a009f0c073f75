import { z } from 'zod'
import { MOST } from '../messages.ts'

/** What the local backend and `serve` say to each other over its control socket. */

export const settingsOnWire = z.object({
  min: z.number().int().min(1).max(MOST),
  max: z.number().int().min(1).max(MOST),
  idleTimeout: z.number().min(0),
})

export const featureRequest = z.strictObject({
  feature: z.string().min(1),
  settings: settingsOnWire,
  /** Whoever shows a smaller one than another did before no longer leads. */
  fence: z.number(),
})

export const featureRemoval = z.strictObject({ feature: z.string().min(1), fence: z.number() })

/** The workers of a feature under `serve`. */
export interface ServedFeature {
  feature: string
  settings: z.output<typeof settingsOnWire>
  replicas: number
  ready: number
  problem?: string
}

/** Where `serve` takes these requests. */
export const SERVED_FEATURES = '/features'
export const SERVED_FEATURES_REMOVE = '/features/remove'
/** A line of JSON, `{ feature }`, for each change, and an empty one, `{}`, at the beginning. */
export const SERVED_FEATURES_WATCH = '/features/watch'

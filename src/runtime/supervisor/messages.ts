import { z } from 'zod'
import type { AutoscaleStatus } from '../autoscale/index.ts'
import type { ReplicaSnapshot } from './replica.ts'

/** Answer of GET /status. */
export interface ServeStatus {
  pid: number
  version: string
  /** ISO 8601. */
  started_at: string
  /** Whether all that it was to begin with has been ready; a serve of an earlier version does not say. */
  ready?: boolean
  state_dir: string
  data: 'kept' | 'ephemeral' | 'external'
  urls: Record<string, string>
  /** Command that opens a prompt on the embedded Redis. */
  redis_prompt: string | null
  replicas: ReplicaSnapshot[]
  /** Roles that scale, or have scaled, by themselves; a serve of an earlier version does not say. */
  autoscale?: AutoscaleStatus[]
}

export const scaleRequest = z.strictObject({ role: z.string(), replicas: z.number().int().min(0).max(64) })
export const autoscaleRequest = z.strictObject({
  role: z.string(),
  min: z.number().int().min(0),
  max: z.number().int().min(0),
})
export const restartRequest = z.strictObject({
  target: z.string().min(1),
  /** All at once, each stopped first. */
  now: z.boolean().default(false),
})
export type RestartRequest = z.input<typeof restartRequest>
export const logsQuery = z.strictObject({
  lines: z.coerce.number().int().min(0).max(10_000).default(100),
  follow: z.enum(['true', 'false']).default('false'),
  target: z.string().optional(),
})

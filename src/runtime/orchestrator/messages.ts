import { z } from 'zod'
import { orchestratorError } from './errors.ts'

/** The most workers that one feature may ask for. */
export const MOST = 64

/** Part of a Redis key, as everywhere else. */
const featureId = z
  .string({ error: 'feature_id is required' })
  .min(1, 'feature_id must not be empty')
  .max(256, 'feature_id may have at most 256 characters')
  .regex(/^[^:\p{Cc}\p{Cs}\u2028\u2029]*$/u, 'feature_id may not contain ":" or control characters')
  .refine((id) => id !== 'default', 'the feature "default" is served by all workers')

const seconds = (what: string) =>
  z.number().min(0, `${what} may not be negative`).max(2_000_000, `${what} may be at most 23 days`)
const count = (least: number) => z.number().int().min(least).max(MOST)

/** Events are read by other versions too: fields that we do not know are left alone. */
export const createMessage = z
  .looseObject({
    feature_id: featureId,
    min: count(1).optional(),
    max: count(1).optional(),
    idle_timeout_s: seconds('idle_timeout_s').optional(),
    /** How long the reply may wait for workers that are ready. */
    wait_s: seconds('wait_s').optional(),
  })
  .refine(({ min = 1, max = MOST }) => min <= max, { message: 'min may not be above max', path: ['min'] })

export const deleteMessage = z.looseObject({ feature_id: featureId, wait_s: seconds('wait_s').optional() })

export const cleanupMessage = z.looseObject({
  feature_id: featureId.optional(),
  /** Instead of each feature's own timeout. */
  idle_s: seconds('idle_s').optional(),
})

export const listMessage = z.looseObject({ feature_id: featureId.optional() })

/** @throws AgentctlError FEATURE_INVALID */
export function readMessage<S extends z.ZodType>(schema: S, message: unknown): z.output<S> {
  const { data, error } = schema.safeParse(message)
  if (error === undefined) return data as z.output<S>
  const [issue] = error.issues
  const field = issue?.path.join('.') || 'data'
  throw orchestratorError('FEATURE_INVALID', `${field}: ${issue?.message}`, { field })
}

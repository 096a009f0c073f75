import { z } from 'zod'

/** Numbers of things in paths and queries. */
export const idParameter = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER)

export const pageParameters = {
  limit: z.coerce.number().int().min(1).max(500).default(50),
  /** `next` of the page before. */
  after: idParameter.optional(),
}

export const idempotencyHeaders = z.looseObject({
  /** A repeat of the same request under the same key makes nothing new. */
  'idempotency-key': z
    .string()
    .regex(/^[\x20-\x7e]{1,256}$/, 'may have up to 256 printable ASCII characters')
    .optional(),
})

/** Text of a query that may be compared with what is in the database. */
export const textParameter = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((value) => !value.includes('\0'), 'may not contain NUL characters')

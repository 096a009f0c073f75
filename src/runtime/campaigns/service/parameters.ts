import { z } from 'zod'
import { text } from '../messages/text.ts'

/** A number of digits alone: 1e3, 0x10 and " 1" are numbers to JavaScript, too. */
const whole = (number: z.ZodNumber) =>
  z.preprocess((given) => (typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given), number)

/** Numbers of things in paths and queries. */
export const idParameter = whole(z.number().int().positive().max(Number.MAX_SAFE_INTEGER))

export const pageParameters = {
  limit: whole(z.number().int().min(1).max(500)).default(50),
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
export const textParameter = (most: number) => text(most).min(1)

import { z } from 'zod'
import { SCOPES } from './scopes.ts'

const time = z.coerce.number().int().nonnegative()
const amount = z.coerce.number().int().positive()

/** What Redis knows of a key: a hash of texts. Times are milliseconds since 1970. */
export const accessRecord = z.object({
  id: z.string(),
  name: z.string(),
  /** SHA-256 of the secret; the secret itself is kept nowhere. */
  digest: z.string(),
  scopes: z.string().transform((text) => z.array(z.enum(SCOPES)).parse(text.split(','))),
  created: time,
  expires: time.optional(),
  revoked: time.optional(),
  /** Requests a second, and how many more in ten seconds. */
  rate: amount.optional(),
  burst: amount.optional(),
  /** Requests under way at the same time, in each gateway. */
  concurrent: amount.optional(),
})

export type AccessRecord = z.output<typeof accessRecord>

/** The fields of the hash. */
export function fieldsOf(record: AccessRecord): Record<string, string> {
  const { scopes, ...rest } = record
  const present = Object.entries(rest).filter(([, value]) => value !== undefined)
  return {
    ...Object.fromEntries(present.map(([name, value]) => [name, String(value)])),
    scopes: scopes.join(','),
  }
}

export type KeyStatus = 'active' | 'expired' | 'revoked'

export function statusOf({ expires, revoked }: AccessRecord, now: number): KeyStatus {
  if (revoked !== undefined) return 'revoked'
  return expires !== undefined && expires <= now ? 'expired' : 'active'
}

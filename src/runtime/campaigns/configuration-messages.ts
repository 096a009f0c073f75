import { z } from 'zod'

export const entryName = z
  .string()
  .regex(/^[\w.:-]{1,128}$/, 'may have up to 128 letters, digits and . _ : -')

/** Body of `PUT /configuration/{name}`. */
export const newEntry = z.strictObject({
  value: z
    .string()
    .max(16_384)
    .refine((value) => !value.includes('\0'), 'may not contain NUL characters'),
  /** Encrypted in the database, and never given back. */
  secret: z.boolean().default(true),
})
export type NewEntry = z.output<typeof newEntry>

export const entry = z.object({
  name: z.string(),
  /** Of a secret: `***`. */
  value: z.string(),
  secret: z.boolean(),
  updated_at: z.string(),
})
export type ConfigurationEntry = z.output<typeof entry>

export const configuration = z.object({ entries: z.array(entry) })

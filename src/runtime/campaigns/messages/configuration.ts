import { z } from 'zod'
import { text } from './text.ts'

export const entryName = z
  .string()
  .regex(/^\w[\w.:-]{0,127}$/, 'may have up to 128 letters, digits and . _ : -, and none of . : - in front')

/** Body of `PUT /configuration/{name}`. */
export const newEntry = z.strictObject({
  value: text(16_384),
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

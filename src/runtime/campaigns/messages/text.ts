import { z } from 'zod'
import { isStorable, NO_TEXT } from '../events/canonical.ts'

/** Text of so many characters at most that comes back from the database as it was given. */
export const text = (most: number) => z.string().max(most).refine(isStorable, NO_TEXT)

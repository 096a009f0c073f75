import { z } from 'zod'
import { text } from './text.ts'

/** A time in any offset, kept in UTC to the millisecond. */
export const when = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-03-01T00:00:00Z' })
  .transform((text) => toUtc(text))
  .refine((text) => /^(?!0000)\d{4}-/.test(text), 'must be of the years 1 to 9999')

function toUtc(text: string): string {
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? '' : date.toISOString()
}

export const currency = z.string().regex(/^[A-Z]{3}$/, 'must be a currency code such as USD')
export const name = text(256).refine((value) => value.trim() !== '', 'must not be empty')
export const id = z.number().int().positive()

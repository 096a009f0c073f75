import { z } from 'zod'

/** Digits before and after the point that an amount may have. */
const AMOUNT = /^-?\d{1,14}(\.\d{1,4})?$/

/**
 * An amount of money: a number or a decimal string, kept as a decimal string without an exponent. Numbers lose nothing as
 * long as they have no more digits than a double holds.
 */
export const amount = z
  .union([z.number(), z.string()], { error: 'must be a number, or a decimal string such as "150.00"' })
  .transform((value) => (typeof value === 'number' ? plainDecimal(value) : value.trim()))
  .refine(
    (text) => AMOUNT.test(text),
    'must be a decimal with at most 14 digits before and 4 after the point',
  )

/** An amount that is not below zero. */
export const positiveAmount = amount.refine((text) => !text.startsWith('-'), 'must not be negative')

/** As it would be written down: 1e21 and 1e-7 are no amounts, and are told apart by the pattern. */
function plainDecimal(value: number): string {
  return Object.is(value, -0) ? '0' : String(value)
}

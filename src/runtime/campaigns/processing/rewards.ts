import Big from 'big.js'
import type { Reward } from '../messages.ts'

const digits = new Map<string, number>()

/** Digits after the point that amounts of a currency have: 2 of USD, 0 of JPY. */
export function digitsOf(currency: string): number {
  const known = digits.get(currency)
  if (known !== undefined) return known
  const format = new Intl.NumberFormat('en', { style: 'currency', currency })
  const found = format.resolvedOptions().maximumFractionDigits ?? 2
  digits.set(currency, found)
  return found
}

/**
 * What an event earns by a rule, as a decimal string; never below zero. A share is rounded to the digits of the currency, half
 * to even.
 * @param amount of the event; of none, or one below zero, a share is 0
 */
export function rewardOf(reward: Reward, amount: string | null, currency: string): string {
  if (reward.type === 'fixed') return reward.amount
  const whole = Big(amount ?? 0)
  if (whole.lte(0)) return '0'
  const places = digitsOf(currency)
  const share = whole.times(reward.percent).div(100).round(places, Big.roundHalfEven)
  return reward.most !== undefined && share.gt(reward.most) ? reward.most : share.toFixed(places)
}

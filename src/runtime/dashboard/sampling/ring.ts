import { HISTORY } from '../snapshot.ts'

/** The history with one more value, without the oldest where it would be longer than HISTORY. The old one stays as it is. */
export function remember<T>(history: readonly T[], value: T): T[] {
  // One copy, for each of hundreds of rows in each sample.
  const next = history.slice(Math.max(0, history.length - HISTORY + 1))
  next.push(value)
  return next
}

/** The same, for values that may not be known: those leave no trace. */
export function rememberKnown(history: readonly number[], value: number | null): number[] {
  return value === null ? [...history] : remember(history, value)
}

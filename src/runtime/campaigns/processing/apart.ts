/** Which events of a claim are processed now, and which are given back. */
export interface Parted<E> {
  now: E[]
  later: E[]
}

/**
 * Sets an event apart that has its last attempt. It may be what ended the processors that had it before: then it is to end
 * this one alone, and fail alone, and not with all that happened to be claimed with it each time.
 */
export function setApart<E extends { attempts: number }>(
  events: readonly E[],
  maxAttempts: number,
): Parted<E> {
  const suspect = events.find(({ attempts }) => attempts > 1 && attempts === maxAttempts)
  if (suspect === undefined) return { now: [...events], later: [] }
  return { now: [suspect], later: events.filter((event) => event !== suspect) }
}

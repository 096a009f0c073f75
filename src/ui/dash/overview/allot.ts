/**
 * Shares lines out among sections: each gets one first, in order, then one after the other gets another until all have what they
 * want or none is left.
 * @returns lines for each
 */
export function allot(height: number, wants: readonly number[]): number[] {
  const given = wants.map(() => 0)
  let left = Math.max(0, height)
  for (let progress = true; progress && left > 0; ) {
    progress = false
    for (const [index, want] of wants.entries()) {
      if (left === 0 || (given[index] ?? 0) >= want) continue
      given[index] = (given[index] ?? 0) + 1
      left--
      progress = true
    }
  }
  return given
}

/** Numbers that look as if they came by chance, and are the same each time. */
export function createDraw(seed: number) {
  let state = seed
  function next(): number {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  const whole = (from: number, to: number) => from + Math.floor(next() * (to - from + 1))
  return { whole, one: <const T>(values: readonly T[]): T => values[whole(0, values.length - 1)] as T }
}

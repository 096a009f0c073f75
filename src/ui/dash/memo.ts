/**
 * Remembers the newest result, as long as it is asked for the same. One argument that is an object made for the call is compared by
 * its values.
 */
export function memo<Args extends readonly unknown[], Result>(
  make: (...args: Args) => Result,
): (...args: Args) => Result {
  let last: { values: readonly unknown[]; result: Result } | undefined
  return (...args) => {
    const values = args.length === 1 && isPlain(args[0]) ? Object.values(args[0]) : args
    if (last && same(last.values, values)) return last.result
    last = { values, result: make(...args) }
    return last.result
  }
}

function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, at) => Object.is(value, b[at]))
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

/**
 * The query language said as plainly as possible, without regard to speed, limits or bad input: first all values
 * at a path as a list, then one question about each. `undefined` stands for a field that is missing.
 */
export function refers(condition: Record<string, unknown>, document: unknown): boolean {
  return Object.entries(condition).every(([name, operand]) => {
    const clauses = operand as Record<string, unknown>[]
    if (name === '$and') return clauses.every((clause) => refers(clause, document))
    if (name === '$or') return clauses.some((clause) => refers(clause, document))
    if (name === '$nor') return !clauses.some((clause) => refers(clause, document))
    return holds(operand, valuesAt(document, name.split('.')))
  })
}

/** What is found at the end of a path; a list there is one value. */
export function valuesAt(value: unknown, [name, ...rest]: readonly string[]): unknown[] {
  if (name === undefined) return [value]
  if (Array.isArray(value)) return valuesInList(value, name, rest)
  return isObject(value) && Object.hasOwn(value, name) ? valuesAt(value[name], rest) : [undefined]
}

function valuesInList(list: readonly unknown[], name: string, rest: readonly string[]): unknown[] {
  const objects = list.filter(isObject)
  if (!/^(0|[1-9]\d*)$/.test(name)) return objects.flatMap((object) => valuesAt(object, [name, ...rest]))
  const named = objects.filter((object) => Object.hasOwn(object, name))
  const isThere = Number(name) < list.length
  if (!isThere && named.length === 0) return [undefined]
  const picked = isThere ? valuesAt(list[Number(name)], rest) : []
  return [...picked, ...named.flatMap((object) => valuesAt(object, [name, ...rest]))]
}

/** @param whole values at the path @param values of which lists also give their elements */
export function holds(operand: unknown, whole: unknown[], values = whole.flatMap(withElements)): boolean {
  if (!isOperators(operand)) return values.some((value) => same(value, operand))
  return Object.entries(operand).every(([name, expected]) => {
    const list = expected as unknown[]
    switch (name) {
      case '$options':
        return true
      case '$eq':
        return values.some((value) => same(value, expected))
      case '$ne':
        return !values.some((value) => same(value, expected))
      case '$in':
        return values.some((value) => list.some((one) => same(value, one)))
      case '$nin':
        return !values.some((value) => list.some((one) => same(value, one)))
      case '$exists':
        return whole.some((value) => value !== undefined) === expected
      case '$regex':
        return values.some(
          (value) => typeof value === 'string' && new RegExp(expected as string, flags(operand)).test(value),
        )
      case '$size':
        return whole.some((value) => Array.isArray(value) && value.length === expected)
      case '$not':
        return !holds(expected, whole, values)
      case '$elemMatch':
        return whole.some(
          (value) => Array.isArray(value) && value.some((element) => fulfils(element, expected)),
        )
      case '$all':
        return list.length > 0 && list.every((one) => holds(one, whole, values))
      default:
        return values.some((value) => isOrdered(name, value, expected))
    }
  })
}

function fulfils(element: unknown, inner: unknown): boolean {
  const names = Object.keys(inner as object)
  const asksElement = names.length > 0 && names.every((name) => /^\$(?!and|or|nor)/.test(name))
  if (asksElement) return holds(inner, [element], [element])
  return isObject(element) && refers(inner as Record<string, unknown>, element)
}

function isOrdered(operator: string, value: unknown, expected: unknown): boolean {
  if (typeof value !== typeof expected) return false
  const [a, b] = [value as number, expected as number]
  return { $gt: a > b, $gte: a >= b, $lt: a < b, $lte: a <= b }[operator] as boolean
}

function same(value: unknown, expected: unknown): boolean {
  if (expected === null) return value === null || value === undefined
  return sorted(value) === sorted(expected)
}

function sorted(value: unknown): string | undefined {
  return JSON.stringify(value, (_, part) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  )
}

const withElements = (value: unknown): unknown[] => (Array.isArray(value) ? [...value, value] : [value])

const flags = (operators: Record<string, unknown>) => `u${operators.$options ?? ''}`

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isOperators(value: unknown): value is Record<string, unknown> {
  return isObject(value) && Object.keys(value).some((name) => name.startsWith('$'))
}

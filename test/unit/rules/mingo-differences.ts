import { holds, isObject, isOperators, valuesAt } from './reference.ts'

/**
 * Where mingo answers otherwise than MongoDB, and than we do. The comparison leaves out these cases and no others:
 *
 * - `collected`: behind a list that the path crosses by name, mingo makes one list of the values and takes that for
 *   the value of the field. So $size, $all, $elemMatch, equality with a list, values that are lists or missing, and
 *   a second such list are different; MongoDB asks about each value by itself.
 * - `lists in lists`: mingo looks for equality and patterns one level deeper than MongoDB.
 * - `number as name`: below a list mingo takes a number for a position only; MongoDB for a name of its objects, too.
 * - `$elemMatch`: mingo asks conditions on fields of elements that are no objects, and looks into elements that are
 *   lists; MongoDB does neither.
 * - `$in` and a whole list: mingo compares elements only.
 * - `$all` of a field that is no list, or of values that are lists: MongoDB takes it for an $eq of each.
 */
export type Difference = 'collected' | 'lists in lists' | 'number as name' | '$elemMatch' | '$in' | '$all'

export function differenceFrom(
  condition: Record<string, unknown>,
  document: unknown,
): Difference | undefined {
  for (const [name, operand] of Object.entries(condition)) {
    const found = name.startsWith('$')
      ? first(operand as Record<string, unknown>[], (clause) => differenceFrom(clause, document))
      : differenceAt(name.split('.'), operand, document)
    if (found !== undefined) return found
  }
  return undefined
}

function differenceAt(path: readonly string[], operand: unknown, document: unknown): Difference | undefined {
  const crossed = listsCrossed(document, path)
  if (
    crossed.some(({ list, name }) =>
      list.some((element) => isObject(element) && Object.hasOwn(element, name) && isDigits(name)),
    )
  ) {
    return 'number as name'
  }
  const byName = crossed.filter(({ name }) => !isDigits(name))
  const values = valuesAt(document, path)
  if (byName.length > 0) {
    const plain = values.every((value) => value !== undefined && !Array.isArray(value))
    const listOfLists = byName.some(({ list }) => list.some(Array.isArray))
    if (!plain || listOfLists || byName.length > 1 || byName.length !== crossed.length) return 'collected'
  }
  const operators = isOperators(operand) ? operand : { $eq: operand }
  return first(Object.entries(operators), ([name, expected]) =>
    differenceOf(name, expected, values, path, byName.length > 0),
  )
}

function differenceOf(
  operator: string,
  expected: unknown,
  values: readonly unknown[],
  path: readonly string[],
  collected: boolean,
): Difference | undefined {
  const hasList = (list: readonly unknown[]) => list.some(Array.isArray)
  const nested = values.some((value) => Array.isArray(value) && hasList(value))
  switch (operator) {
    case '$not':
      return first(Object.entries(expected as object), ([name, one]) =>
        differenceOf(name, one, values, path, collected),
      )
    case '$eq':
    case '$ne':
      if (collected && (Array.isArray(expected) || expected === null)) return 'collected'
      return nested && path.length > 1 ? 'lists in lists' : undefined
    case '$regex':
      return nested ? 'lists in lists' : undefined
    case '$in':
    case '$nin':
      if (collected && (expected as unknown[]).includes(null)) return 'collected'
      return hasList(expected as unknown[]) && hasList(values) ? '$in' : undefined
    case '$exists':
      return collected && isDigits(path.at(-1) as string) ? 'collected' : undefined
    case '$size':
      return collected ? 'collected' : undefined
    case '$all': {
      const list = expected as unknown[]
      if (list.length === 0) return undefined
      if (collected) return 'collected'
      if (!values.every(Array.isArray)) return holds({ $all: list }, [...values]) ? '$all' : undefined
      if (hasList(list)) return '$all'
      return first(list, (one) => (isOperators(one) ? elements(one.$elemMatch, values) : undefined))
    }
    case '$elemMatch':
      return collected ? 'collected' : elements(expected, values)
    default:
      return undefined
  }
}

function elements(inner: unknown, values: readonly unknown[]): Difference | undefined {
  const condition = inner as Record<string, unknown>
  const names = Object.keys(condition)
  const asksElement = names.length > 0 && names.every((name) => /^\$(?!and|or|nor)/.test(name))
  return first(values.filter(Array.isArray).flat(), (element) => {
    if (Array.isArray(element) || (!asksElement && !isObject(element))) return '$elemMatch'
    return asksElement
      ? differenceFrom({ field: condition }, { field: element })
      : differenceFrom(condition, element)
  })
}

/** The lists on the way, with the name that is looked for in each. */
function listsCrossed(value: unknown, path: readonly string[]): { list: unknown[]; name: string }[] {
  const [name, ...rest] = path
  if (name === undefined) return []
  if (!Array.isArray(value)) return isObject(value) ? listsCrossed(value[name], rest) : []
  const below = isDigits(name)
    ? listsCrossed(value[Number(name)], rest)
    : value.map((element) => listsCrossed(element, path)).sort((a, b) => b.length - a.length)[0]
  return [{ list: value, name }, ...(below ?? [])]
}

const isDigits = (name: string) => /^\d+$/.test(name)

function first<T>(list: readonly T[], ask: (one: T) => Difference | undefined): Difference | undefined {
  for (const one of list) {
    const found = ask(one)
    if (found !== undefined) return found
  }
  return undefined
}

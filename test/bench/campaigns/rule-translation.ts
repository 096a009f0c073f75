import type { AllConditions, NestedCondition, TopLevelCondition } from 'json-rules-engine'

/** Fields of the documents that are lists: the engine has operators of their own for them. */
const LISTS = new Set(['data.tags'])

const OPERATORS: Readonly<Record<string, string>> = {
  $eq: 'equal',
  $ne: 'notEqual',
  $gt: 'greaterThan',
  $gte: 'greaterThanInclusive',
  $lt: 'lessThan',
  $lte: 'lessThanInclusive',
  $in: 'in',
  $nin: 'notIn',
}

/**
 * A rule in the terms of json-rules-engine: comparisons of single values and their combination. Undefined for
 * what it has no operators for: patterns, sizes, presence, and conditions on elements of lists of objects.
 */
export function translate(rule: Readonly<Record<string, unknown>>): TopLevelCondition | undefined {
  const all = Object.entries(rule).flatMap(([name, operand]) => translateEntry(name, operand))
  return all.includes(undefined) ? undefined : ({ all } as AllConditions)
}

function translateEntry(name: string, operand: unknown): (NestedCondition | undefined)[] {
  if (name === '$and' || name === '$or' || name === '$nor') {
    const clauses = (operand as Record<string, unknown>[]).map(translate)
    if (clauses.includes(undefined)) return [undefined]
    const joined = clauses as NestedCondition[]
    if (name === '$and') return [{ all: joined }]
    return [name === '$or' ? { any: joined } : { not: { any: joined } }]
  }
  const isObject = typeof operand === 'object' && operand !== null
  const operators: [string, unknown][] = isObject ? Object.entries(operand) : [['$eq', operand]]
  return operators.map(([operator, value]) => translateOperator(name, operator, value))
}

function translateOperator(name: string, operator: string, value: unknown): NestedCondition | undefined {
  const [fact, ...path] = name.split('.')
  const known = LISTS.has(name) ? { $eq: 'contains', $ne: 'doesNotContain' }[operator] : OPERATORS[operator]
  if (fact === undefined || known === undefined || path.includes('items')) return undefined
  return { fact, operator: known, value, ...(path.length > 0 && { path: `$.${path.join('.')}` }) }
}

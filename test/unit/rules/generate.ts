import { type Random, randomOf } from '../../bench/balancer/random.ts'

export interface Case {
  condition: Record<string, unknown>
  document: Record<string, unknown>
}

const NAMES = ['a', 'b', 'c'] as const
const POSITIONS = ['0', '1', '-1'] as const
const TEXTS = ['', 'a', 'ab', 'b', 'B'] as const
const PATTERNS = ['a', '^a', 'b$', '^ab$', 'a|b', '[ab]{2}', '.', '^$', 'A'] as const

/** The same seed gives the same cases: few names and values, so that conditions and documents meet. */
export function casesOf(seed: number): () => Case {
  const random = randomOf(seed)
  return () => ({ condition: condition(random, 2), document: object(random, 3) })
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T
}

function some<T>(random: Random, most: number, make: () => T): T[] {
  return Array.from({ length: Math.floor(random() * (most + 1)) }, make)
}

function scalar(random: Random): unknown {
  return pick(random, [null, true, false, 0, 1, 2, -1.5, ...TEXTS])
}

function value(random: Random, depth: number): unknown {
  const kind = depth > 0 ? random() : 0
  if (kind < 0.45) return scalar(random)
  if (kind < 0.75) return some(random, 3, () => value(random, depth - 1))
  return object(random, depth - 1)
}

function object(random: Random, depth: number): Record<string, unknown> {
  const names = random() < 0.04 ? [...NAMES, '1'] : NAMES
  const fields = names.filter(() => random() < 0.65).map((name) => [name, value(random, depth)])
  return Object.fromEntries(fields)
}

function path(random: Random): string {
  const rest = some(random, 2, () => pick(random, random() < 0.25 ? POSITIONS : NAMES))
  return [pick(random, NAMES), ...rest].join('.')
}

function condition(random: Random, depth: number): Record<string, unknown> {
  const fields = [path(random), ...some(random, 1, () => path(random))].map((name) => [
    name,
    field(random, depth),
  ])
  const joined = depth > 0 && random() < 0.4
  const clauses = () => [condition(random, depth - 1), ...some(random, 2, () => condition(random, depth - 1))]
  return Object.fromEntries(
    joined ? [[pick(random, ['$and', '$or', '$nor']), clauses()], ...fields.slice(1)] : fields,
  )
}

function field(random: Random, depth: number): unknown {
  return random() < 0.25 ? value(random, 2) : operators(random, depth)
}

function operators(random: Random, depth: number): Record<string, unknown> {
  return Object.assign({}, operator(random, depth), ...some(random, 1, () => operator(random, depth)))
}

function operator(random: Random, depth: number): Record<string, unknown> {
  const kind = Math.floor(random() * (depth > 0 ? 11 : 8))
  if (kind === 0) return { [pick(random, ['$eq', '$ne'])]: value(random, 2) }
  if (kind === 1 || kind === 2) {
    return {
      [pick(random, ['$gt', '$gte', '$lt', '$lte'])]: pick(random, [0, 1, 1.5, 'a', 'b', true, false]),
    }
  }
  if (kind === 3) return { [pick(random, ['$in', '$nin'])]: some(random, 5, () => value(random, 1)) }
  if (kind === 4) return { $exists: random() < 0.5 }
  if (kind === 5) {
    return { $regex: pick(random, PATTERNS), ...(random() < 0.3 && { $options: pick(random, ['i', 'ims']) }) }
  }
  if (kind === 6) return { $size: Math.floor(random() * 4) }
  if (kind === 7) return { $all: some(random, 2, () => value(random, 1)) }
  if (kind === 8) return { $not: operators(random, depth - 1) }
  const inner = random() < 0.5 ? condition(random, depth - 1) : operators(random, depth - 1)
  return kind === 9 ? { $elemMatch: inner } : { $all: [{ $elemMatch: inner }] }
}

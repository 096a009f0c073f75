import { z } from 'zod'

// Request bodies as Qdrant's OpenAPI document (1.19) describes them, as far as the store uses them. Stricter than the
// server in one way: an unknown field is an error, so that a misspelt one is noticed.

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i

export const pointId = z.union([z.int().min(0), z.string().regex(UUID, 'is not a valid point ID')])
export type PointId = z.output<typeof pointId>

const scalar = z.union([z.string(), z.int(), z.boolean()])
const number = z.number().nullish()

const fieldCondition = z.strictObject({
  key: z.string(),
  match: z.union([z.strictObject({ value: scalar }), z.strictObject({ any: z.array(scalar) })]).optional(),
  range: z.strictObject({ lt: number, lte: number, gt: number, gte: number }).optional(),
})

export type Condition = z.output<typeof fieldCondition> | Filter
export interface Filter {
  must?: Condition[] | undefined
  must_not?: Condition[] | undefined
  should?: Condition[] | undefined
}

export const filter: z.ZodType<Filter> = z.lazy(() =>
  z.strictObject({
    must: z.array(condition).optional(),
    must_not: z.array(condition).optional(),
    should: z.array(condition).optional(),
  }),
)
const condition: z.ZodType<Condition> = z.union([fieldCondition, filter])

const floats = z.array(z.number())
const payload = z.record(z.string(), z.unknown())

export const bodies = {
  createCollection: z.strictObject({
    vectors: z.record(
      z.string(),
      z.strictObject({
        size: z.int().min(1).max(65_536),
        distance: z.enum(['Cosine', 'Dot', 'Euclid', 'Manhattan']),
      }),
    ),
    metadata: payload.optional(),
  }),
  createIndex: z.strictObject({
    field_name: z.string(),
    field_schema: z.enum(['keyword', 'integer', 'float', 'bool', 'geo', 'datetime', 'text', 'uuid']),
  }),
  upsert: z.strictObject({
    points: z.array(
      z.strictObject({ id: pointId, vector: z.record(z.string(), floats), payload: payload.nullish() }),
    ),
    update_filter: filter.optional(),
  }),
  retrieve: z.strictObject({ ids: z.array(pointId), with_payload: z.boolean().optional() }),
  remove: z.union([z.strictObject({ points: z.array(pointId) }), z.strictObject({ filter })]),
  query: z.strictObject({
    query: floats,
    using: z.string(),
    filter: filter.optional(),
    limit: z.int().min(1).optional(),
    with_payload: z.boolean().optional(),
  }),
  scroll: z.strictObject({
    filter: filter.optional(),
    limit: z.int().min(1).optional(),
    offset: pointId.optional(),
    with_payload: z.boolean().optional(),
    with_vector: z.boolean().optional(),
  }),
  count: z.strictObject({ filter: filter.optional(), exact: z.boolean().optional() }),
}

/** Whether a payload meets a filter. */
export function matches(payload: Record<string, unknown>, { must, must_not, should }: Filter): boolean {
  const meets = (one: Condition) => ('key' in one ? meetsField(payload[one.key], one) : matches(payload, one))
  if (must && !must.every(meets)) return false
  if (must_not?.some(meets)) return false
  return !should?.length || should.some(meets)
}

function meetsField(value: unknown, { match, range }: z.output<typeof fieldCondition>): boolean {
  if (match) return 'value' in match ? value === match.value : match.any.some((one) => one === value)
  if (!range || typeof value !== 'number') return false
  const { lt, lte, gt, gte } = range
  const within = (limit: number | null | undefined, test: (limit: number) => boolean) =>
    limit === undefined || limit === null || test(limit)
  return (
    within(lt, (limit) => value < limit) &&
    within(lte, (limit) => value <= limit) &&
    within(gt, (limit) => value > limit) &&
    within(gte, (limit) => value >= limit)
  )
}

/** What XINFO answers: names and values in turn, as an object. */
export function toRecord(reply: unknown): Record<string, unknown> {
  const list = reply as unknown[]
  const record: Record<string, unknown> = Object.create(null)
  for (let i = 0; i + 1 < list.length; i += 2) record[String(list[i])] = list[i + 1]
  return record
}

/** Older servers leave some numbers out, and newer ones answer null for what they do not know. */
export function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}

/** The time in an entry id, ISO 8601; null for ids that are not made from the clock. */
export function timeOfId(id: string | null): string | null {
  const time = new Date(id === null ? Number.NaN : Number.parseInt(id, 10))
  return Number.isNaN(time.getTime()) || time.getTime() === 0 ? null : time.toISOString()
}

/** Calls `work` for all items, a limited number at a time, and keeps their order. */
export async function mapInBatches<T, R>(
  items: readonly T[],
  size: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  for (let i = 0; i < items.length; i += size) {
    results.push(...(await Promise.all(items.slice(i, i + size).map(work))))
  }
  return results
}

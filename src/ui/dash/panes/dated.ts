import type { Snapshot } from '../../../runtime/dashboard/index.ts'

/** A row, and when it was seen: ages are counted from then, not from when it is drawn. */
export type Dated<Row> = Row & { readonly now: number }

export function dated<Row extends object>(rows: readonly Row[], { at }: Snapshot): Dated<Row>[] {
  const now = Date.parse(at)
  return rows.map((row) => ({ ...row, now }))
}

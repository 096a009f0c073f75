import type { AutoscaleRow, ReplicaRow, Snapshot } from '../../../runtime/dashboard/index.ts'
import { byName } from '../../format/order.ts'
import type { Tone } from '../pane.ts'

/** The replicas of one role together. */
export interface RoleSummary {
  role: string
  replicas: readonly ReplicaRow[]
  /** Those of which it is known whether they are ready. */
  known: number
  ready: number
  restarts: number | null
  rss: number | null
  load: number | null
  history: readonly number[]
  /** Null for one that is not, and was not, scaled by itself. */
  autoscale: AutoscaleRow | null
}

/** Every role that has replicas, by name. */
export function rolesOf({ replicas, autoscale }: Snapshot): RoleSummary[] {
  return [...Map.groupBy(replicas, (row) => row.role)]
    .map(([role, rows]) => summarise(role, rows, autoscale))
    .sort((a, b) => (a.role < b.role ? -1 : 1))
}

export function summarise(
  role: string,
  rows: readonly ReplicaRow[],
  autoscale: readonly AutoscaleRow[],
): RoleSummary {
  const replicas = rows.toSorted((a, b) => byName(a.name, b.name))
  return {
    role,
    replicas,
    known: rows.filter((row) => row.state !== null).length,
    ready: rows.filter((row) => row.state === 'ready').length,
    restarts: sum(rows.map((row) => row.restarts)),
    rss: sum(rows.map((row) => row.rss)),
    load: sum(rows.map((row) => row.pool?.load ?? null)),
    history: total(rows.map((row) => row.history)),
    autoscale: autoscale.find((row) => row.role === role) ?? null,
  }
}

/** Such as `3/4 ready`; where only Redis knows of them, how many have registered. */
export function readiness({ known, ready, replicas }: RoleSummary): { text: string; tone: Tone } {
  if (known === 0) return { text: `${replicas.length} registered`, tone: 'dim' }
  return { text: `${ready}/${known} ready`, tone: ready === known ? 'good' : ready === 0 ? 'bad' : 'warn' }
}

/** Of what is known; null when nothing is. */
function sum(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0)
}

/** Of histories that end now, whatever their lengths. */
function total(histories: readonly (readonly number[])[]): number[] {
  const length = Math.max(0, ...histories.map((history) => history.length))
  return Array.from({ length }, (_, index) =>
    histories.reduce((sum, history) => sum + (history.at(index - length) ?? 0), 0),
  )
}

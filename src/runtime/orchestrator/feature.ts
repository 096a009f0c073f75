/** How a feature is to be served by workers of its own. */
export interface FeatureSettings {
  /** Workers. */
  min: number
  max: number
  /** Milliseconds without a job after which they are removed. */
  idleTimeout: number
}

/** A feature that is to have workers, or to lose them. */
export interface FeatureRecord extends FeatureSettings {
  feature: string
  /** Changes with every change of what is wanted. */
  revision: string
  /** Milliseconds since 1970. */
  created: number
  /** Its workers are to be removed; the record goes when they have gone. */
  deleted: boolean
}

/** What was found when a feature was last looked after. */
export interface FeatureReport {
  /** Of the record that was looked at. */
  revision: string
  /** Workers that are there, and those of them that take jobs. */
  replicas: number
  ready: number
  /** Why it is not as wanted. */
  problem?: string
  /** Milliseconds since 1970. */
  at: number
}

export type FeatureState = 'pending' | 'ready' | 'failing' | 'deleting'

/** A feature as it is shown to people and sent over the bus. */
export interface FeatureView {
  feature_id: string
  state: FeatureState
  min: number
  max: number
  replicas: number
  ready: number
  idle_timeout_s: number
  /** ISO 8601. */
  created: string
  /** ISO 8601; null when it is not known. */
  last_active: string | null
  problem: string | null
}

export function viewOf(
  record: FeatureRecord,
  report: FeatureReport | undefined,
  lastActive: number | undefined,
): FeatureView {
  return {
    feature_id: record.feature,
    state: stateOf(record, report),
    min: record.min,
    max: record.max,
    replicas: report?.replicas ?? 0,
    ready: report?.ready ?? 0,
    idle_timeout_s: record.idleTimeout / 1_000,
    created: new Date(record.created).toISOString(),
    last_active: lastActive === undefined ? null : new Date(lastActive).toISOString(),
    problem: report?.problem ?? null,
  }
}

/** A report on an earlier wish says nothing about the present one. */
export function stateOf(record: FeatureRecord, report: FeatureReport | undefined): FeatureState {
  if (record.deleted) return 'deleting'
  if (report?.revision !== record.revision) return 'pending'
  if (report.problem !== undefined) return 'failing'
  return report.ready >= record.min ? 'ready' : 'pending'
}

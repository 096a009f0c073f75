import type { Metrics } from '../platform/metrics/index.ts'
import type { StoredRow } from './rows.ts'

export interface StorageMetrics {
  /** @param reports in a batch  @param ms it took  @param waited milliseconds since its oldest event was published */
  stored(rows: readonly StoredRow[], reports: number, ms: number, waited: number): void
  refused(): void
}

const SIZES = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000]

/** @param waiting reports that are not stored yet */
export function createStorageMetrics(metrics: Metrics, waiting: () => number): StorageMetrics {
  const rows = metrics.counter('storage_rows_total', 'Rows by what became of them', ['change'])
  const refused = metrics.counter('storage_refused_total', 'Reports that the database does not take')
  const sizes = metrics.histogram('storage_batch_size', 'Reports stored at once', [], SIZES)
  const seconds = metrics.histogram('storage_batch_seconds', 'Time a batch takes, with its announcement')
  const lag = metrics.histogram('storage_lag_seconds', 'Age of the oldest event of a batch once it is stored')
  metrics.gauge('storage_waiting', 'Reports taken from the bus that are not stored yet', waiting)
  return {
    stored(stored, reports, ms, waited) {
      for (const { change } of stored) rows.inc({ change })
      sizes.observe(reports)
      seconds.observe(ms / 1_000)
      lag.observe(Math.max(0, waited) / 1_000)
    },
    refused: () => refused.inc(),
  }
}

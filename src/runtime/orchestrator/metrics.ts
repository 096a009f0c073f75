import type { Metrics } from '../platform/metrics/index.ts'
import type { Step } from './decide.ts'
import { stateOf } from './feature.ts'
import type { FeatureStore } from './store.ts'

export interface OrchestratorMetrics {
  /** What came of looking at a feature. */
  done(result: Step['act'] | 'error'): void
  time<T>(work: () => Promise<T>): Promise<T>
}

const STATES = ['pending', 'ready', 'failing', 'deleting'] as const

/** @param isLeading whether this process looks after the features */
export function createOrchestratorMetrics(
  metrics: Metrics,
  store: FeatureStore,
  isLeading: () => boolean,
): OrchestratorMetrics {
  const reconciles = metrics.counter(
    'orchestrator_reconciles_total',
    'Looks at features, by what came of them',
    ['result'],
  )
  const seconds = metrics.histogram('orchestrator_reconcile_seconds', 'Time one look at a feature takes')
  metrics.gauge('orchestrator_leader', '1 while this process looks after the features', () =>
    isLeading() ? 1 : 0,
  )
  metrics.gauges('orchestrator_features', 'Features with workers of their own', ['state'], async () => {
    const records = await store.all()
    const states = await Promise.all(
      records.map(async (record) => stateOf(record, await store.reportOn(record.feature))),
    )
    return STATES.map((state) => [{ state }, states.filter((one) => one === state).length])
  })
  return {
    done: (result) => reconciles.inc({ result }),
    async time(work) {
      const from = performance.now()
      try {
        return await work()
      } finally {
        seconds.observe((performance.now() - from) / 1_000)
      }
    },
  }
}

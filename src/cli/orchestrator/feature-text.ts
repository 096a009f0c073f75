import type { FeatureView } from '../../runtime/orchestrator/index.ts'
import { ageOf } from '../../ui/format/duration.ts'
import type { Column } from '../table.ts'

export const featureColumns = (now: number): Column<FeatureView>[] => [
  { title: 'FEATURE', value: (row) => row.feature_id },
  { title: 'STATE', value: (row) => row.state },
  { title: 'READY', value: (row) => `${row.ready}/${row.replicas}`, align: 'right' },
  { title: 'MIN', value: (row) => String(row.min), align: 'right' },
  { title: 'MAX', value: (row) => String(row.max), align: 'right' },
  { title: 'IDLE', value: (row) => ageOf(row.last_active, now), align: 'right' },
  { title: 'GOES AFTER', value: (row) => `${row.idle_timeout_s} s`, align: 'right' },
  { title: 'AGE', value: (row) => ageOf(row.created, now), align: 'right', wide: true },
  { title: 'PROBLEM', value: (row) => row.problem ?? '' },
]

/** What became of a wish for workers, for people. */
export function describeFeature({ feature_id, state, ready, replicas, problem }: FeatureView): string {
  const workers = `${ready} of ${replicas} ${replicas === 1 ? 'worker' : 'workers'}`
  return `${feature_id} is ${state} with ${workers} ready${problem === null ? '' : `: ${problem}`}`
}

import type { Metrics } from '../platform/metrics/index.ts'
import type { RagQueues } from './queues.ts'

export interface QueryMetrics {
  /** @param status of HTTP */
  answered(status: number, ms: number): void
}

/** What a gateway tells about queries. */
export function createQueryMetrics(metrics: Metrics, queues: RagQueues): QueryMetrics {
  const total = metrics.counter('api_gateway_queries_total', 'Queries, by the status of their answers', [
    'status',
  ])
  const seconds = metrics.histogram('api_gateway_query_latency_seconds', 'Time from a query to its answer')
  metrics.gauges('rag_queue_depth', 'Jobs that wait, by queue', ['queue'], async () =>
    (await queues.depths()).map(([queue, jobs]) => [{ queue }, jobs] as const),
  )
  return {
    answered(status, ms) {
      total.inc({ status })
      seconds.observe(ms / 1_000)
    },
  }
}

/** What a worker tells about its stages; the returned function notes milliseconds. */
export function createStageMetrics(metrics: Metrics): (stage: string, ms: number) => void {
  const seconds = metrics.histogram(
    'rag_stage_seconds',
    'Time a stage takes for one job, its failures included',
    ['stage'],
  )
  return (stage, ms) => seconds.observe({ stage }, ms / 1_000)
}

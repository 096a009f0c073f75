import type { Metrics } from '../platform/metrics/index.ts'
import type { Balancer } from './balancer.ts'

/** Adds the load of each replica to what a role tells about itself, read when somebody asks. */
export function exposeReplicas(metrics: Metrics, balancer: Pick<Balancer, 'replicas'>): void {
  metrics.gauges('api_gateway_replica_load', 'Requests under way, of all clients', ['replica'], async () =>
    (await balancer.replicas()).map(({ url, load }) => [{ replica: url }, load] as const),
  )
}

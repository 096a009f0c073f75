import type { Metrics } from '../platform/metrics/index.ts'
import type { Balancer, ReplicaHealth } from './balancer.ts'

/** As other breakers are told of. */
const STATES: Readonly<Record<ReplicaHealth, number>> = { closed: 0, 'half-open': 1, open: 2 }

/** Adds the load of each replica, and whether it is left alone, to what a role tells about itself, read when somebody asks. */
export function exposeReplicas(metrics: Metrics, balancer: Pick<Balancer, 'replicas'>): void {
  metrics.gauges('api_gateway_replica_load', 'Requests under way, of all clients', ['replica'], async () =>
    (await balancer.replicas()).map(({ url, load }) => [{ replica: url }, load] as const),
  )
  metrics.gauges(
    'api_gateway_replica_breaker_state',
    'Circuit breaker of a replica: 0 closed, 1 half-open, 2 open',
    ['replica'],
    async () =>
      (await balancer.replicas()).map(({ url, health }) => [{ replica: url }, STATES[health]] as const),
  )
}

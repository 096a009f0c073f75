/** Pool of the balancer in which the replicas of the service are. */
export const CAMPAIGNS_POOL = 'campaigns'

/** Types of the bus events that tell of processing. */
export const BUS_EVENTS = {
  processed: 'event.processed',
  skipped: 'event.skipped',
  failed: 'event.failed',
  earning: 'earning.created',
} as const

/** Channel of the database on which processors are woken. */
export const WAKE_CHANNEL = 'agentctl_campaigns_pending'

import type { Metrics } from '../platform/metrics/index.ts'

/** How the handling of an event ended. */
export type Outcome =
  | 'success'
  /** The handler failed; the event comes again. */
  | 'error'
  /** Moved to the dead letters. */
  | 'dead'
  /** Its event id had been handled before. */
  | 'duplicate'
  /** A request whose requester no longer waits. */
  | 'expired'
  /** Handled, but another consumer had taken the event over meanwhile. */
  | 'fenced'

export interface BusMetrics {
  published(type: string, duplicate: boolean): void
  processed(type: string, outcome: Outcome): void
  took(type: string, seconds: number): void
  redelivered(type: string): void
  deadLettered(type: string, reason: string): void
  lost(type: string, group: string, count: number): void
  trimmed(type: string, count: number): void
  healed(type: string): void
  lateReply(type: string): void
}

export function createBusMetrics(metrics: Metrics): BusMetrics {
  const published = metrics.counter('events_published_total', 'Events added to their streams', ['event_type'])
  const repeated = metrics.counter(
    'events_publish_repeats_total',
    'Publications of an event that was there',
    ['event_type'],
  )
  const processed = metrics.counter('events_processed_total', 'Deliveries by how they ended', [
    'event_type',
    'status',
  ])
  const seconds = metrics.histogram('event_processing_seconds', 'Time a handler took', ['event_type'])
  const redelivered = metrics.counter('events_redelivered_total', 'Deliveries that were not the first', [
    'event_type',
  ])
  const dead = metrics.counter('events_dead_lettered_total', 'Events moved to the dead letters', [
    'event_type',
    'reason',
  ])
  const lost = metrics.counter('events_lost_total', 'Entries trimmed before a group had handled them', [
    'event_type',
    'group',
  ])
  const trimmed = metrics.counter('events_trimmed_total', 'Entries trimmed by length or age', ['event_type'])
  const healed = metrics.counter('events_groups_healed_total', 'Groups made anew after they were lost', [
    'event_type',
  ])
  const late = metrics.counter('events_late_replies_total', 'Replies to requesters that no longer waited', [
    'event_type',
  ])
  return {
    published: (event_type, duplicate) => (duplicate ? repeated : published).inc({ event_type }),
    processed: (event_type, status) => processed.inc({ event_type, status }),
    took: (event_type, time) => seconds.observe({ event_type }, time),
    redelivered: (event_type) => redelivered.inc({ event_type }),
    deadLettered: (event_type, reason) => dead.inc({ event_type, reason }),
    lost: (event_type, group, count) => lost.inc({ event_type, group }, count),
    trimmed: (event_type, count) => trimmed.inc({ event_type }, count),
    healed: (event_type) => healed.inc({ event_type }),
    lateReply: (event_type) => late.inc({ event_type }),
  }
}

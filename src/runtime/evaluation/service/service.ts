import type { EventBus } from '../../bus/index.ts'
import { createCloser, type Logger, messageOf } from '../../kernel/index.ts'
import { createSseHub, type HttpApp } from '../../platform/http/index.ts'
import type { Metrics } from '../../platform/metrics/index.ts'
import { type Durably, type RedisClient, unconfirmedWork } from '../../platform/redis/index.ts'
import { createStreamFollower } from '../../platform/streams/index.ts'
import type { EvaluationRows } from '../messages.ts'
import { countEnds, createSubmissionMetrics } from '../metrics.ts'
import { openEvaluationQueue } from '../queue.ts'
import { createRecords } from '../records.ts'
import { ensureStorageGroup } from '../storage-group.ts'
import { createCancel } from './cancel.ts'
import { createCapacity } from './capacity.ts'
import { createLive } from './live.ts'
import { createLookup } from './lookup.ts'
import { createOpenAnswers } from './open-answers.ts'
import { toOutputEntry } from './output-entry.ts'
import { createProgress } from './progress.ts'
import { createRequests } from './requests.ts'
import { addEvaluationRoutes } from './routes.ts'
import { createSubmit } from './submit.ts'
import { createWaitForEnd } from './wait.ts'

export interface EvaluationServiceOptions {
  /** For commands; shared with others, never blocked. */
  redis: RedisClient
  /** For SUBSCRIBE. */
  subscriber: RedisClient
  bus: EventBus
  /** What storage has written; undefined where there is no database. */
  rows: EvaluationRows | undefined
  metrics: Metrics
  /** Milliseconds between two heartbeats of an event stream. */
  heartbeat: number
  /** What has a submission confirmed; nothing when left out. */
  durably?: Durably
  /** Evaluations that may wait at once. */
  evalQueueLimit: number
  log: Logger
  /** Milliseconds since 1970. */
  now?: () => number
}

export interface EvaluationService {
  addRoutes(app: HttpApp): void
  /** Ends all event streams, and lets go of whoever waits for an end. The evaluations go on. */
  close(): Promise<void>
}

/** Milliseconds a client may leave its buffers full. */
const STALL_TIMEOUT = 60_000
/** Milliseconds in which those who wait are answered when this closes. */
const ANSWER_TIMEOUT = 1_000
/** Milliseconds after which it is made sure again that the group of storage is there. */
const LOOK_AGAIN = 60_000

/** Everything a gateway needs to take evaluations and show them. */
export function createEvaluationService(options: EvaluationServiceOptions): EvaluationService {
  const { redis, subscriber, bus, rows, metrics, heartbeat, evalQueueLimit, log, now = Date.now } = options
  const closer = createCloser()
  const events = { bus, redis }
  const records = createRecords(redis)
  const lookup = createLookup(records, rows)
  const queue = closer.add(openEvaluationQueue({ redis, log }), (opened) => opened.close())
  const answers = closer.add(createOpenAnswers(), (open) => open.settled(ANSWER_TIMEOUT))
  const progress = closer.add(createProgress({ subscriber, records, lookup, log }), (opened) =>
    opened.close(),
  )
  const follower = closer.add(
    createStreamFollower({ redis, subscriber, decode: toOutputEntry, log }),
    (opened) => opened.close(),
  )
  const hub = closer.add(createSseHub({ heartbeat, stallTimeout: STALL_TIMEOUT }), (opened) => opened.close())
  const storageGroup = closer.add(keepStorageGroup(redis, log), (kept) => kept.close())
  const counts = createSubmissionMetrics(metrics, queue.depth)
  metrics.gauge('live_evaluation_clients', 'Clients that follow evaluations', () => hub.connections)
  metrics.gauge(
    'watched_evaluations',
    'Evaluations that somebody follows, or waits for',
    () => progress.watched,
  )
  const submit = createSubmit({
    ...{ records, queue, events, lookup, log, now },
    durably: options.durably ?? unconfirmedWork,
    requests: createRequests(redis),
    capacity: createCapacity({ depth: queue.depth, limit: evalQueueLimit }),
    onSend: storageGroup.want,
  })
  const cancel = createCancel({
    ...{ redis, records, queue, events, lookup, log, now },
    onEnded: countEnds(metrics),
  })
  const live = createLive({ follower, hub, progress, lookup, log })
  const waitForEnd = createWaitForEnd(lookup, progress)
  return {
    addRoutes(app) {
      const onSubmitted = counts.submitted
      addEvaluationRoutes(app, { submit, cancel, lookup, waitForEnd, live, answers, rows, onSubmitted })
    },
    close: () => closer.close(),
  }
}

/**
 * Makes the group of storage with the first submission, and looks after it now and then. Nobody waits for it: events are
 * trimmed much later.
 */
function keepStorageGroup(redis: RedisClient, log: Logger) {
  let due = Number.NEGATIVE_INFINITY
  const forget = () => {
    due = Number.NEGATIVE_INFINITY
  }
  redis.on('ready', forget)
  return {
    want() {
      const now = performance.now()
      if (now < due) return
      due = now + LOOK_AGAIN
      ensureStorageGroup(redis).catch((error) => {
        log.debug({ reason: messageOf(error) }, 'making the group of storage failed, trying again')
        forget()
      })
    },
    close: () => redis.off('ready', forget),
  }
}

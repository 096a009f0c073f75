import { z } from 'zod'
import { checkEventType, type EventBus } from '../bus/index.ts'
import { createCloser, type Logger } from '../kernel/index.ts'
import { createSseHub, type HttpApp, httpError } from '../platform/http/index.ts'
import type { Metrics } from '../platform/metrics/index.ts'
import type { RedisClient } from '../platform/redis/index.ts'
import { createStreamFollower } from '../platform/streams/index.ts'
import { readPage } from './history-page.ts'
import { createLive, type Live, toLiveFrame } from './live.ts'
import {
  historyQuery,
  liveHeaders,
  liveQuery,
  publishHeaders,
  publishOptionsOf,
  publishQuery,
  receipt,
  requestQuery,
  typePath,
} from './messages.ts'
import { checkPlace } from './place.ts'

export interface EventServiceOptions {
  /** For commands; shared with others, never blocked. */
  redis: RedisClient
  /** For SUBSCRIBE. */
  subscriber: RedisClient
  bus: EventBus
  metrics: Metrics
  /** Milliseconds. */
  heartbeat: number
  log: Logger
}

export interface EventService {
  addRoutes(app: HttpApp): void
  /** Ends all event streams, and those that still come; their clients resume elsewhere. */
  leave(): void
  /** Closes what is open. */
  close(): Promise<void>
}

/** Milliseconds a client may leave its buffers full. */
const STALL_TIMEOUT = 60_000

/** Everything a gateway needs to serve events. */
export function createEventService(options: EventServiceOptions): EventService {
  const { redis, subscriber, bus, metrics, heartbeat, log } = options
  const closer = createCloser()
  const follower = closer.add(
    createStreamFollower({ redis, subscriber, decode: toLiveFrame, log }),
    (opened) => opened.close(),
  )
  const hub = closer.add(createSseHub({ heartbeat, stallTimeout: STALL_TIMEOUT }), (opened) => opened.close())
  metrics.gauge('live_event_clients', 'Clients that follow events', () => hub.connections)
  const live = createLive({ redis, follower, hub, log })
  return {
    addRoutes(app) {
      addPublishing(app, bus)
      addReading(app, bus, live)
    },
    leave: hub.leave,
    close: () => closer.close(),
  }
}

const tags = ['events']

function addPublishing(app: HttpApp, bus: EventBus): void {
  app.post(
    '/events/:type',
    {
      schema: {
        tags,
        summary: 'Publish an event',
        description:
          'The body is the data of the event, any JSON. With an `Idempotency-Key`, which becomes the event id, a repeat is stored once: it answers 200 and `duplicate`.',
        params: typePath,
        querystring: publishQuery,
        headers: publishHeaders,
        body: z.unknown(),
        response: { 200: receipt, 201: receipt },
      },
    },
    async (request, reply) => {
      const type = checkEventType(request.params.type)
      const sent = await bus.send(type, dataOf(request), publishOptionsOf(request))
      return reply.code(sent.duplicate ? 200 : 201).send({
        event_id: sent.eventId,
        event_type: type,
        id: sent.entryId,
        duplicate: sent.duplicate,
      })
    },
  )

  app.post(
    '/events/:type/request',
    {
      schema: {
        tags,
        summary: 'Publish an event and wait for the reply of its consumer',
        description: 'The body is the data of the event, a JSON object. Answers the reply as it was written.',
        params: typePath,
        querystring: requestQuery,
        headers: publishHeaders,
        body: z.record(z.string(), z.unknown(), 'a request needs a JSON object'),
      },
    },
    async (request) => {
      const type = checkEventType(request.params.type)
      return bus.request(type, request.body, { ...publishOptionsOf(request), timeout: request.query.timeout })
    },
  )
}

function addReading(app: HttpApp, bus: EventBus, live: Live): void {
  app.get(
    '/events/:type',
    {
      schema: {
        tags,
        summary: 'Read past events',
        description:
          '`from` and `to` take entry ids and times. `next` is where the next page begins: `from` in ascending order, `to` in descending; null at the end. Pages of large events have fewer than `limit`.',
        params: typePath,
        querystring: historyQuery,
      },
    },
    (request) => readPage(bus, checkEventType(request.params.type), request.query),
  )

  app.get(
    '/events/:type/live',
    {
      exposeHeadRoute: false,
      schema: {
        tags,
        summary: 'Follow events as they come',
        description:
          'Answers `text/event-stream`: one frame per event, its id the entry id. Resumes after `Last-Event-ID`, or after `from`: `first`, `new` or an entry id. `event: gap` says that events in between are gone; `event: undecodable` stands for an entry that is no event.',
        params: typePath,
        querystring: liveQuery,
        headers: liveHeaders,
      },
    },
    async (request, reply) => {
      const type = checkEventType(request.params.type)
      const from = placeOf(request.headers, request.query)
      const start = await live.start(type, from)
      reply.hijack()
      live.attach(reply.raw, type, from, start)
    },
  )
}

/** JSON `null` is data, no body is not. */
function dataOf({ body, headers }: { body: unknown; headers: { 'content-type'?: unknown } }): unknown {
  if (headers['content-type'] === undefined)
    throw httpError('HTTP_INVALID', 'body: the data of the event is missing', { field: 'body' })
  return body
}

/** The header is the newest: a standard client repeats the URL it began with. */
function placeOf(header: z.output<typeof liveHeaders>, query: z.output<typeof liveQuery>): string {
  const cursor = header['last-event-id'] || query.last_event_id
  return cursor ? checkPlace(cursor, 'last_event_id') : checkPlace(query.from ?? 'new', 'from')
}

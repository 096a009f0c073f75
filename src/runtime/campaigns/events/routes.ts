import { z } from 'zod'
import { checkedAs, type HttpApp, problemResponses } from '../../platform/http/index.ts'
import type { Kysely } from '../../platform/sql/index.ts'
import { batch, batchOfEvents, event, newBatch, newEvent, registered } from '../messages.ts'
import type { Processing } from '../processing/processing.ts'
import type { CampaignTables } from '../schema.ts'
import { createEventReader } from './read.ts'
import type { EventRegistration } from './registration.ts'
import { waitForEvent } from './wait.ts'

export interface EventRoutesOptions {
  db: Kysely<CampaignTables>
  registration: EventRegistration
  /** Tells those who wait for the end of an event. */
  processing: Pick<Processing, 'untilEnded'>
  /** Aborted when the service goes away: who waits then is answered with what is known. */
  leaving: AbortSignal
}

/** Milliseconds a client may wait for the end. */
const MAX_WAIT = 60_000
const tags = ['events']

/** POST /events, POST /events/batch, GET /events/{event_id}. */
export function addEventRoutes(app: HttpApp, options: EventRoutesOptions): void {
  addRegistration(app, options)
  addReading(app, options)
}

function addRegistration(app: HttpApp, { registration }: EventRoutesOptions): void {
  app.post(
    '/events',
    {
      schema: {
        operationId: 'registerEvent',
        tags,
        summary: 'Register an event',
        description:
          'Answers once it is stored; it is processed right after. A repeat of the same event under the same `event_id` answers 200 with its status.',
        body: newEvent,
        response: { 201: registered, 200: registered, ...problemResponses(400, 409, 413, 422, 503) },
      },
    },
    async ({ body }, reply) => {
      const { fresh, ...rest } = await registration.register(body)
      return reply.code(fresh ? 201 : 200).send(rest)
    },
  )

  app.post(
    '/events/batch',
    {
      validatorCompiler: checkedAs(newBatch),
      schema: {
        operationId: 'registerEvents',
        tags,
        summary: 'Register many events',
        description:
          'Each is checked by itself: a wrong one keeps no other out. `results` are in the order of the events.',
        body: batchOfEvents,
        response: { 200: batch, ...problemResponses(400, 413, 503) },
      },
    },
    ({ body }) => registration.registerAll(body.events),
  )
}

function addReading(app: HttpApp, { db, processing, leaving }: EventRoutesOptions): void {
  const reader = createEventReader(db)
  app.get(
    '/events/:event_id',
    {
      schema: {
        operationId: 'getEvent',
        tags,
        summary: 'What has become of an event',
        description:
          'With its earnings. With `wait`, answers at its end, or after so many milliseconds with what is known then.',
        params: z.object({ event_id: z.string().max(256) }),
        querystring: z.strictObject({ wait: z.coerce.number().int().min(0).max(MAX_WAIT).default(0) }),
        response: { 200: event, ...problemResponses(400, 404, 503) },
      },
    },
    async ({ params: { event_id }, query: { wait } }, reply) => {
      if (wait === 0) return reader.read(event_id)
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      return waitForEvent(reader, processing, event_id, wait, AbortSignal.any([gone.signal, leaving]))
    },
  )
}

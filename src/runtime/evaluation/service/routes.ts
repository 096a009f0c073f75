import { z } from 'zod'
import type { HttpApp } from '../../platform/http/index.ts'
import type { Language } from '../../sandbox/index.ts'
import { evaluationError } from '../errors.ts'
import {
  accepted,
  type EvaluationRows,
  evaluation,
  evaluationList,
  status,
  submission,
  toEvaluation,
} from '../messages.ts'
import { checkSubmission } from './accept.ts'
import type { Cancel } from './cancel.ts'
import type { Live } from './live.ts'
import type { Lookup } from './lookup.ts'
import type { OpenAnswers } from './open-answers.ts'
import { BEGIN, parsePosition } from './position.ts'
import type { Submit } from './submit.ts'
import type { WaitForEnd } from './wait.ts'

export interface EvaluationRoutesOptions {
  submit: Submit
  cancel: Cancel
  lookup: Lookup
  waitForEnd: WaitForEnd
  live: Live
  answers: OpenAnswers
  rows: EvaluationRows | undefined
  /** Told of what is new. */
  onSubmitted(language: Language): void
}

/** Bytes of a submission: code and stdin, with what JSON adds to them. */
const BODY_LIMIT = 4 * 1024 * 1024
/** Milliseconds a client may wait for the end. */
const MAX_WAIT = 60_000
const tags = ['evaluations']
const path = z.object({ eval_id: z.string().max(256) })

export function addEvaluationRoutes(app: HttpApp, options: EvaluationRoutesOptions): void {
  addSubmission(app, options)
  addReading(app, options)
  addStream(app, options)
}

function addSubmission(app: HttpApp, { submit, cancel, onSubmitted }: EvaluationRoutesOptions): void {
  app.post(
    '/api/eval',
    {
      bodyLimit: BODY_LIMIT,
      schema: {
        tags,
        summary: 'Submit a program',
        description:
          'Answers as soon as it is in the queue. With an `Idempotency-Key` a repeat of the same submission within a day is the same evaluation, and the answer has its status.',
        headers: z.looseObject({ 'idempotency-key': z.string().min(1).max(256).optional() }),
        body: submission,
        response: { 202: accepted },
      },
    },
    async ({ body, headers }, reply) => {
      const checked = checkSubmission(body)
      const { eval_id, status, fresh } = await submit(checked, headers['idempotency-key'])
      if (fresh) onSubmitted(checked.language)
      return reply.code(202).send({ eval_id, status, status_url: `/api/eval-status/${eval_id}` })
    },
  )

  app.delete(
    '/api/eval/:eval_id',
    {
      schema: {
        tags,
        summary: 'Cancel an evaluation',
        description:
          'One that waits is `cancelled` at once. One that runs is `running` until its worker has ended it.',
        params: path,
        response: { 202: z.object({ eval_id: z.string(), status }) },
      },
    },
    async ({ params: { eval_id } }, reply) =>
      reply.code(202).send({ eval_id, status: await cancel(eval_id) }),
  )
}

function addReading(app: HttpApp, { lookup, waitForEnd, answers, rows }: EvaluationRoutesOptions): void {
  app.get(
    '/api/eval-status/:eval_id',
    {
      schema: {
        tags,
        summary: 'What has become of an evaluation',
        description:
          'With `wait`, answers at its end, or after so many milliseconds with what is known then.',
        params: path,
        querystring: z.strictObject({ wait: z.coerce.number().int().min(0).max(MAX_WAIT).default(0) }),
        response: { 200: evaluation },
      },
    },
    async ({ params, query }, reply) => {
      if (query.wait === 0) return toEvaluation(await lookup.get(params.eval_id))
      return toEvaluation(await waitForEnd(params.eval_id, query.wait, answers.track(reply.raw)))
    },
  )

  app.get(
    '/api/evals',
    {
      schema: {
        tags,
        summary: 'List evaluations, the newest first',
        description:
          'Reads the database, where an evaluation appears a moment after it was submitted. `next` is the `after` of the next page.',
        querystring: z.strictObject({
          status: status.optional(),
          limit: z.coerce.number().int().min(1).max(500).default(50),
          after: z.string().min(1).max(512).optional(),
        }),
        response: { 200: evaluationList },
      },
    },
    async ({ query: { status, limit, after } }) => {
      if (rows === undefined)
        throw evaluationError('EVAL_ROWS_AWAY', 'this gateway was started without a database')
      return rows.list({
        limit,
        ...(status === undefined ? {} : { status }),
        ...(after === undefined ? {} : { after }),
      })
    },
  )
}

function addStream(app: HttpApp, { lookup, live }: EvaluationRoutesOptions): void {
  app.get(
    '/api/eval/:eval_id/stream',
    {
      exposeHeadRoute: false,
      schema: {
        tags,
        summary: 'Follow an evaluation',
        description:
          'Answers `text/event-stream`: `status`, `output` with `{name, text}`, `restart` when another attempt makes the output so far void, `end` with the evaluation, then `[DONE]`. Resumes after `Last-Event-ID`; 204 when there is nothing after it.',
        params: path,
        querystring: z.strictObject({ last_event_id: z.string().optional() }),
        headers: z.looseObject({ 'last-event-id': z.string().optional() }),
      },
    },
    async ({ params, query, headers }, reply) => {
      // The header is the newest: a standard client repeats the URL it began with.
      const cursor = headers['last-event-id'] || query.last_event_id
      const from = cursor ? parsePosition(cursor) : BEGIN
      const known = await lookup.get(params.eval_id)
      if (from.ended) return reply.code(204).send(null)
      reply.hijack()
      live.attach(reply.raw, known, from)
    },
  )
}

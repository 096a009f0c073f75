import { z } from 'zod'
import type { ChatService } from '../../chat/index.ts'
import { AgentctlError } from '../../kernel/index.ts'
import type { HttpApp } from '../../platform/http/index.ts'
import { RAG_FEATURE } from '../keys.ts'
import { queryAnswer, queryBody } from '../messages.ts'
import type { QueryMetrics } from '../metrics.ts'
import type { Caller, Queries } from './queries.ts'

export interface QueryRoutesOptions {
  queries: Queries
  chats: Pick<ChatService, 'open'>
  metrics: QueryMetrics
}

const headers = z.looseObject({
  'idempotency-key': z.string().min(1).max(256).optional(),
  'last-event-id': z.string().optional(),
})
const queryString = z.strictObject({
  stream: z
    .enum(['1', 'true', '0', 'false'])
    .transform((value) => value === '1' || value === 'true')
    .default(false),
  last_event_id: z.string().optional(),
})
const underWay = z.object({
  job_id: z.string(),
  status: z.enum(['queued', 'encoding', 'retrieving', 'generating']),
})

/** Seconds after which asking again for a query under way makes sense. */
const ASK_AGAIN = '1'

export function addQueryRoutes(app: HttpApp, { queries, chats, metrics }: QueryRoutesOptions): void {
  /** Counts the query, however it ends. */
  async function counted<T>(work: () => Promise<T>): Promise<T> {
    const began = performance.now()
    let status = 500
    try {
      const result = await work()
      status = 200
      return result
    } catch (error) {
      if (error instanceof AgentctlError) status = error.status
      throw error
    } finally {
      metrics.answered(status, performance.now() - began)
    }
  }

  app.post(
    '/query',
    {
      schema: {
        tags: ['rag'],
        summary: 'Answer a question from the documents',
        description:
          'With `stream=1` an event stream: `sources`, then `token`s, then `result`; resumed with `Last-Event-ID` and the same `Idempotency-Key`.',
        headers,
        querystring: queryString,
        body: queryBody,
        response: { 200: queryAnswer, 204: z.null() },
      },
    },
    async (request, reply) => {
      const { body, query, headers: head } = request
      const caller: Caller = { address: request.ip, key: head['idempotency-key'] }
      if (!query.stream) {
        const text = await counted(() => queries.ask(body, caller))
        // It is JSON already: a schema would only parse and write it once more.
        return reply.type('application/json; charset=utf-8').send(text as never)
      }
      const { id, job } = await counted(() => queries.accept(body, caller))
      const { accepted_at, deadline } = job
      const cursor = head['last-event-id'] || query.last_event_id || undefined
      const input = { query: { body, accepted_at, deadline } }
      const attach = await chats.open({ feature: RAG_FEATURE, id, input, cursor })
      if (attach === undefined) return reply.code(204).send(null)
      reply.hijack()
      attach(reply.raw)
    },
  )

  app.get(
    '/query/:job_id',
    {
      schema: {
        tags: ['rag'],
        summary: 'The answer of a query, for a minute, or how far it has come',
        params: z.object({ job_id: z.string().max(256) }),
        response: { 200: queryAnswer, 202: underWay },
      },
    },
    async (request, reply) => {
      const found = await queries.look(request.params.job_id)
      if (!('status' in found)) return reply.code(200).send(found)
      return reply.code(202).header('retry-after', ASK_AGAIN).send(found)
    },
  )
}

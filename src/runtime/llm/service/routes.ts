import type { ServerResponse } from 'node:http'
import { z } from 'zod'
import type { HttpApp, SseHub } from '../../platform/http/index.ts'
import type { ResponseCache } from '../cache/cache.ts'
import { generateAnswer, generateBody } from '../messages.ts'
import { providerStatus } from '../routing/provider-status.ts'
import type { Router } from '../routing/router.ts'
import type { Callers } from './callers.ts'
import type { OnGone } from './request-life.ts'
import { sendStream } from './send-stream.ts'
import type { LlmService } from './service.ts'

export interface LlmRoutesOptions {
  service: LlmService
  router: Router
  /** Without it the cache is off. */
  cache?: ResponseCache | undefined
  callers: Callers
  hub: SseHub
}

const providerList = z.object({ providers: z.array(providerStatus) })
const cleared = z.object({ status: z.literal('cleared'), removed: z.int() })
const cacheHealth = z.object({
  status: z.enum(['ok', 'degraded', 'off']),
  latency_ms: z.number().nullable(),
  ttl_s: z.int(),
  error: z.string().optional(),
})

export function addLlmRoutes(app: HttpApp, { service, router, cache, callers, hub }: LlmRoutesOptions): void {
  app.post(
    '/generate',
    {
      schema: {
        tags: ['llm'],
        summary: 'Generate a text',
        description: 'With `"stream": true` the answer is `text/event-stream`.',
        body: generateBody,
        response: { 200: generateAnswer },
      },
    },
    async (request, reply) => {
      const tenant = callers(request.headers)
      const { body } = request
      const onGone = goneOf(reply.raw)
      if (body.stream) {
        return sendStream(hub, reply.raw, service.stream(body, tenant, onGone), () => reply.hijack())
      }
      // It is JSON already: no schema need go over it once more.
      const json = await service.answer(body, tenant, onGone)
      return reply.type('application/json; charset=utf-8').send(json as never)
    },
  )

  app.get(
    '/providers',
    { schema: { tags: ['llm'], summary: 'The providers and their state', response: { 200: providerList } } },
    (request) => {
      callers(request.headers)
      return { providers: router.status() }
    },
  )

  app.post(
    '/cache/clear',
    { schema: { tags: ['cache'], summary: 'Remove all cached answers', response: { 200: cleared } } },
    async (request) => {
      callers(request.headers)
      return { status: 'cleared' as const, removed: (await cache?.clear()) ?? 0 }
    },
  )

  app.get(
    '/cache/health',
    { schema: { tags: ['cache'], summary: 'Is the cache reached', response: { 200: cacheHealth } } },
    async (request) => {
      callers(request.headers)
      return (await cache?.health()) ?? { status: 'off' as const, latency_ms: null, ttl_s: 0 }
    },
  )
}

/** The response's own event: the request's fires when its body has been read. */
function goneOf(response: ServerResponse): OnGone {
  return (listener) => {
    if (response.destroyed) queueMicrotask(listener)
    response.once('close', listener)
    return () => response.off('close', listener)
  }
}

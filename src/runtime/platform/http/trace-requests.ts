import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Span, Tracer } from '../../kernel/index.ts'
import { parseTraceparent, passingTracer, withinSpan } from '../tracing/index.ts'

interface Traced {
  span: Span
  error?: Error
}

/** Asked again and again by whoever watches over the service; they would bury everything else. */
const UNTRACED = new Set(['/health', '/ready', '/metrics'])

/**
 * Makes every request a span, which for a stream lasts until it ends. It goes on with the trace that the header `traceparent`
 * names; a malformed one is ignored, as the standard wants.
 */
export function traceRequests(app: FastifyInstance, tracer: Tracer = passingTracer): void {
  const traced = new WeakMap<FastifyRequest, Traced>()

  app.addHook('onRequest', (request, reply, done) => {
    const route = request.routeOptions.url
    if (route === undefined || !UNTRACED.has(route)) {
      const own: Traced = { span: begin(tracer, request, route) }
      traced.set(request, own)
      // The hook onResponse does not hear of clients that leave before they have it all, as those of streams do.
      reply.raw.once('close', () => end(own, reply))
    }
    done()
  })
  // Here and not before: while a body is read, what comes next is called from outside of what the hook began.
  app.addHook('preValidation', (request, _reply, done) => {
    const own = traced.get(request)
    if (own === undefined) done()
    else withinSpan(tracer, own.span, done)
  })
  app.addHook('onError', (request, _reply, error, done) => {
    const own = traced.get(request)
    if (own) own.error = error
    done()
  })
}

function begin(tracer: Tracer, request: FastifyRequest, route: string | undefined): Span {
  return tracer.begin(route === undefined ? request.method : `${request.method} ${route}`, {
    parent: parseTraceparent(request.headers.traceparent),
    kind: 'server',
    attributes: {
      'http.request.method': request.method,
      'http.route': route,
      'url.path': request.url.split('?', 1)[0],
      'url.scheme': request.protocol,
    },
  })
}

function end({ span, error }: Traced, { statusCode }: FastifyReply): void {
  span.set({ 'http.response.status_code': statusCode })
  // What is refused for what it says is no failure of ours.
  if (statusCode >= 500) span.fail(error ?? statusCode)
  span.end()
}

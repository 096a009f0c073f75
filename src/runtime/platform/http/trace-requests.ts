import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Span, Tracer } from '../../kernel/index.ts'
import { parseTraceparent, passingTracer, withinSpan } from '../tracing/index.ts'

/** Asked again and again by whoever watches over the service; they would bury everything else. */
const UNTRACED = new Set(['/health', '/ready', '/metrics'])

/**
 * Makes every request a span, which for a stream lasts until it ends. It goes on with the trace that the header `traceparent`
 * names; a malformed one is ignored, as the standard wants.
 */
export function traceRequests(app: FastifyInstance, tracer: Tracer = passingTracer): void {
  const spans = new WeakMap<FastifyRequest, Span>()

  app.addHook('onRequest', (request, _reply, done) => {
    const route = request.routeOptions.url
    if (route === undefined || !UNTRACED.has(route)) spans.set(request, begin(tracer, request, route))
    done()
  })
  // Here and not before: while a body is read, what comes next is called from outside of what the hook began.
  app.addHook('preValidation', (request, _reply, done) => {
    const span = spans.get(request)
    if (span === undefined) done()
    else withinSpan(tracer, span, done)
  })
  app.addHook('onError', (request, _reply, error, done) => {
    if ((error.statusCode ?? 500) >= 500) spans.get(request)?.fail(error)
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const span = spans.get(request)
    if (span !== undefined) end(span, reply)
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

function end(span: Span, { statusCode }: FastifyReply): void {
  span.set({ 'http.response.status_code': statusCode })
  span.end()
}

import type { Span } from '../../kernel/index.ts'
import { beginSpan, currentTraceparent, formatTraceparent } from '../tracing/index.ts'

/** Begins the span of a call to a service, if any is recorded now. */
export function beginCall({ method, url }: { method: string; url: string }): Span {
  const span = beginSpan(method, { kind: 'client' })
  if (span.recording) span.set(describe(method, url))
  return span
}

/** With what the service goes on with the trace. */
export function traceHeader({ context }: Span): { traceparent?: string } {
  const traceparent = context === undefined ? currentTraceparent() : formatTraceparent(context)
  return traceparent === undefined ? {} : { traceparent }
}

/** Notes why a call has failed, which is returned. */
export function failed(span: Span, error: unknown): unknown {
  span.fail(error)
  return error
}

function describe(method: string, url: string) {
  const { hostname, port, protocol, origin, pathname } = new URL(url)
  const known = protocol === 'https:' ? 443 : 80
  return {
    'http.request.method': method,
    'server.address': hostname,
    'server.port': port === '' ? known : Number(port),
    // Neither a query nor a password.
    'url.full': origin + pathname,
  }
}

import { eventually } from './program.ts'
import { startRawServer } from './raw-server.ts'

/** A span as whoever collects them sees it. */
export interface CollectedSpan {
  /** Name of the service. */
  service: string
  name: string
  traceId: string
  spanId: string
  parentSpanId: string | undefined
  /** internal, server, client, producer or consumer. */
  kind: string
  failed: boolean
  attributes: Record<string, unknown>
  /** Of the service and its process. */
  resource: Record<string, unknown>
}

/** Collects traces as OpenTelemetry's collector does, from whoever sends them by OTLP over HTTP as JSON. */
export interface Collector {
  url: string
  readonly spans: readonly CollectedSpan[]
  /** Headers of each request. */
  readonly headers: readonly Record<string, string | string[] | undefined>[]
  /** Resolves with the spans once `enough` holds for them. */
  until(
    enough: (spans: readonly CollectedSpan[]) => boolean,
    timeout?: number,
  ): Promise<readonly CollectedSpan[]>
  close(): Promise<void>
}

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']
const FAILED = 2

interface Attribute {
  key: string
  value: Record<string, unknown>
}

interface Exported {
  resourceSpans: {
    resource: { attributes: Attribute[] }
    scopeSpans: {
      spans: {
        name: string
        traceId: string
        spanId: string
        parentSpanId?: string
        kind: number
        status?: { code?: number }
        attributes: Attribute[]
      }[]
    }[]
  }[]
}

/** @param status what it answers each request with */
export async function startCollector(status = 200): Promise<Collector> {
  const spans: CollectedSpan[] = []
  const server = await startRawServer((response, { method, url, body }) => {
    const known = method === 'POST' && url === '/v1/traces'
    if (known && status === 200) spans.push(...read(JSON.parse(body) as Exported))
    response.writeHead(known ? status : 404, { 'content-type': 'application/json' }).end('{}')
  })
  return {
    url: server.url,
    spans,
    get headers() {
      return server.asked.map(({ headers }) => headers)
    },
    async until(enough, timeout = 30_000) {
      await eventually(
        () => enough(spans),
        timeout,
        () => `collected so far:\n${spans.map(({ service, name }) => `${service} ${name}`).join('\n')}`,
      )
      return spans
    },
    close: () => server.close(),
  }
}

function read({ resourceSpans }: Exported): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const about = toRecord(resource.attributes)
    return scopeSpans.flatMap(({ spans }) =>
      spans.map(({ name, traceId, spanId, parentSpanId, kind, status, attributes }) => ({
        ...{ name, traceId, spanId, parentSpanId: parentSpanId || undefined },
        service: String(about['service.name']),
        kind: KINDS[kind] ?? String(kind),
        failed: status?.code === FAILED,
        attributes: toRecord(attributes),
        resource: about,
      })),
    )
  })
}

function toRecord(attributes: Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}

/** A trace as lines, each span below its parent: `  service: name`. Siblings are in the order of their names. */
export function drawTrace(spans: readonly CollectedSpan[], traceId: string): string[] {
  const own = spans.filter((span) => span.traceId === traceId)
  const known = new Set(own.map(({ spanId }) => spanId))
  const draw = (parent: string | undefined, indent: string): string[] =>
    own
      .filter(({ parentSpanId: id }) => (id !== undefined && known.has(id) ? id : undefined) === parent)
      .sort((a, b) => a.name.localeCompare(b.name))
      .flatMap(({ service, name, spanId }) => [
        `${indent}${service}: ${name}`,
        ...draw(spanId, `${indent}  `),
      ])
  return draw(undefined, '')
}

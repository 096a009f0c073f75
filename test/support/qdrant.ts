import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { z } from 'zod'
import { bodies, matches, type PointId } from './qdrant-wire.ts'

/**
 * Stands in for a Qdrant server where none is at hand: speaks its REST protocol over real HTTP, with the paths, bodies,
 * statuses and error texts of Qdrant 1.19. Set QDRANT_URL to run the same tests against a real one.
 */
export interface QdrantStandIn {
  url: string
  /** What is called before each request is served; a pause here is a slow server. */
  before: (method: string, path: string) => void | Promise<void>
  /** Requests served, as `PUT /collections/x/points?wait=true`. */
  served: string[]
  close(): Promise<void>
}

interface Point {
  id: PointId
  vector: Record<string, number[]>
  payload: Record<string, unknown>
}

interface Collection {
  vectors: Record<string, { size: number; distance: string }>
  metadata?: Record<string, unknown> | undefined
  indexes: Record<string, string>
  points: Map<PointId, Point>
  operations: number
}

class Refusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export interface StandInOptions {
  apiKey?: string
  version?: string
  /** Where it is served, as behind a proxy. */
  prefix?: string
  port?: number
}

export async function startQdrantStandIn(options: StandInOptions = {}): Promise<QdrantStandIn> {
  const { apiKey, version = '1.19.0', prefix = '', port = 0 } = options
  const collections = new Map<string, Collection>()

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const method = request.method ?? 'GET'
    standIn.served.push(`${method} ${request.url}`)
    const body = await bodyOf(request)
    await standIn.before(method, url.pathname)
    if (apiKey !== undefined && request.headers['api-key'] !== apiKey) {
      response.writeHead(401, { 'content-type': 'text/plain' })
      response.end('Must provide an API key or an Authorization bearer token')
      return
    }
    const path = url.pathname.slice(prefix.length)
    if (!url.pathname.startsWith(prefix) || (path !== '/' && !path.startsWith('/collections'))) {
      response.writeHead(404).end()
      return
    }
    if (path === '/') return send(response, 200, { title: 'qdrant - vector search engine', version })
    try {
      const result = handle(method, path, body, url.searchParams.get('wait') === 'true')
      send(response, 200, { result, status: 'ok', time: 0.000_1 })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      send(response, error.status, { status: { error: error.message }, time: 0 })
    }
  }

  function handle(method: string, path: string, body: string, wait: boolean): unknown {
    const [, , encoded, ...rest] = path.split('/')
    const route = `${method} ${rest.join('/')}`.trim()
    if (encoded === undefined) return { collections: [...collections.keys()].map((name) => ({ name })) }
    const name = decodeURIComponent(encoded)
    if (route === 'PUT') return create(name, parse(bodies.createCollection, body))
    if (route === 'DELETE') return collections.delete(name)
    const collection = collections.get(name)
    if (!collection) throw new Refusal(404, `Not found: Collection \`${name}\` doesn't exist!`)
    const write = (step: () => void) => {
      // Acknowledged without waiting, a write is visible some time later.
      if (wait) step()
      else setTimeout(step, 200).unref()
      return { operation_id: collection.operations++, status: wait ? 'completed' : 'acknowledged' }
    }
    switch (route) {
      case 'GET':
        return describe(collection)
      case 'PUT index': {
        const { field_name, field_schema } = parse(bodies.createIndex, body)
        return write(() => {
          collection.indexes[field_name] = field_schema
        })
      }
      case 'PUT points':
        return write(upsert(collection, parse(bodies.upsert, body)))
      case 'POST points':
        return parse(bodies.retrieve, body).ids.flatMap((id) => record(collection.points.get(id)))
      case 'POST points/delete':
        return write(remove(collection, parse(bodies.remove, body)))
      case 'POST points/query':
        return { points: query(collection, parse(bodies.query, body)) }
      case 'POST points/scroll':
        return scroll(collection, parse(bodies.scroll, body))
      case 'POST points/count':
        return { count: select(collection, parse(bodies.count, body).filter).length }
      default:
        throw new Refusal(404, '')
    }
  }

  function create(name: string, { vectors, metadata }: z.output<typeof bodies.createCollection>): boolean {
    if (/[<>:"/\\|?*\0\u001f]/.test(name)) {
      throw new Refusal(422, `Validation error in path parameters: [name: collection name cannot contain it]`)
    }
    if (collections.has(name)) {
      throw new Refusal(409, `Wrong input: Collection \`${name}\` already exists!`)
    }
    collections.set(name, { vectors, metadata, indexes: {}, points: new Map(), operations: 0 })
    return true
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: Error) => {
      if (!response.headersSent) response.writeHead(500)
      response.end(error.message)
    })
  })
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  const standIn: QdrantStandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`,
    before: () => {},
    served: [],
    async close() {
      const closed = new Promise((done) => server.close(done))
      server.closeAllConnections()
      await closed
    },
  }
  return standIn
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

function parse<S extends z.ZodType>(schema: S, body: string): z.output<S> {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch (error) {
    throw new Refusal(400, `Format error in JSON body: ${(error as Error).message}`)
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0] ?? { path: [], message: '' }
  throw new Refusal(400, `Format error in JSON body: ${path.join('.')}: ${message}`)
}

function describe({ vectors, metadata, indexes, points }: Collection) {
  return {
    status: 'green',
    optimizer_status: 'ok',
    indexed_vectors_count: 0,
    points_count: points.size,
    segments_count: 8,
    config: {
      params: { vectors, shard_number: 1, replication_factor: 1, on_disk_payload: true },
      ...(metadata ? { metadata } : {}),
    },
    payload_schema: Object.fromEntries(
      Object.entries(indexes).map(([field, data_type]) => [field, { data_type, points: points.size }]),
    ),
  }
}

function upsert(collection: Collection, body: z.output<typeof bodies.upsert>) {
  const points = body.points.map(({ id, vector, payload }) => {
    const entries = Object.entries(vector).map(([name, values]) => [name, stored(collection, name, values)])
    return { id, vector: Object.fromEntries(entries), payload: payload ?? {} } as Point
  })
  return () => {
    for (const point of points) {
      const old = collection.points.get(point.id)
      if (old && body.update_filter && !matches(old.payload, body.update_filter)) continue
      collection.points.set(point.id, point)
    }
  }
}

/** With the distance Cosine vectors are normalised when they are stored. */
function stored(collection: Collection, name: string, values: number[]): number[] {
  const params = collection.vectors[name]
  if (!params) throw new Refusal(400, `Wrong input: Not existing vector name error: ${name}`)
  if (params.size !== values.length) {
    throw new Refusal(
      400,
      `Wrong input: Vector dimension error: expected dim: ${params.size}, got ${values.length}`,
    )
  }
  const length = Math.hypot(...values) || 1
  return values.map((value) => Math.fround(value / length))
}

function remove(collection: Collection, body: z.output<typeof bodies.remove>) {
  return () => {
    const ids = 'points' in body ? body.points : select(collection, body.filter).map(({ id }) => id)
    for (const id of ids) collection.points.delete(id)
  }
}

/** In order of their ids. */
function select(collection: Collection, filter: Parameters<typeof matches>[1] = {}): Point[] {
  const all = [...collection.points.values()].filter(({ payload }) => matches(payload, filter))
  return all.sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1))
}

function record(point: Point | undefined) {
  return point ? [{ id: point.id, payload: point.payload }] : []
}

function query(collection: Collection, body: z.output<typeof bodies.query>) {
  const { using, limit = 10, with_payload = false } = body
  const target = stored(collection, using, body.query)
  return select(collection, body.filter)
    .flatMap(({ id, vector, payload }) => {
      const values = vector[using]
      if (!values) return []
      const score = Math.fround(values.reduce((sum, value, i) => sum + value * (target[i] ?? 0), 0))
      return [{ id, version: 0, score, ...(with_payload ? { payload } : {}) }]
    })
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
}

function scroll(collection: Collection, body: z.output<typeof bodies.scroll>) {
  const { offset, limit = 10 } = body
  const rest = select(collection, body.filter).filter(
    ({ id }) => offset === undefined || String(id) >= String(offset),
  )
  return { points: rest.slice(0, limit).flatMap(record), next_page_offset: rest[limit]?.id ?? null }
}

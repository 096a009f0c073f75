import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { ApplyConflict } from './kubernetes-apply.ts'
import { runControllers } from './kubernetes-controllers.ts'
import {
  type Change,
  createKubernetesStore,
  type KubernetesStore,
  Refusal,
  type Stored,
} from './kubernetes-store.ts'

export interface Write {
  method: string
  path: string
  status: number
}

/** A server that speaks as much of the Kubernetes API as is used here, and is as strict about versions and owners. */
export interface KubernetesApi {
  url: string
  store: KubernetesStore
  /** Path of a collection in the test's namespace: `apps/v1`, `deployments`. */
  collection(group: string, plural: string): string
  /** Requests that were to change something, in order. Leases are left out. */
  writes: Write[]
  /** Requests that this is true of are answered with a status, or never (0), as often as `times` says. */
  fail(which: (method: string, path: string) => boolean, status: number, times?: number): void
  heal(): void
  /** Watches that are open. */
  readonly watches: number
  cutWatches(): void
  /** Tells all watches how far they are. */
  bookmark(): void
  kubeconfig(file: string): string
  close(): Promise<void>
}

export const NAMESPACE = 'agents'
const TOKEN = 'let-me-in'
const PATH = /^\/(?:api|apis)\/.*?\/namespaces\/([^/]+)\/([^/]+)(?:\/([^/]+))?$/

export async function startKubernetesApi(): Promise<KubernetesApi> {
  const store = createKubernetesStore()
  const stopControllers = runControllers(store)
  const writes: Write[] = []
  const watches = new Set<ServerResponse>()
  let failures: { which(method: string, path: string): boolean; status: number; times: number }[] = []

  const server = createServer((request, response) => {
    answer(request, response).catch((error: Error) => refuse(response, error))
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://api')
    const method = request.method ?? 'GET'
    const isWrite = method !== 'GET' && !pathname.includes('/leases')
    if (isWrite)
      response.once('finish', () => writes.push({ method, path: pathname, status: response.statusCode }))
    const failure = failures.find((one) => one.times > 0 && one.which(method, pathname))
    if (failure) failure.times--
    if (failure?.status === 0) return
    if (failure) throw new Refusal(failure.status, 'InternalError', 'made to fail')
    if (request.headers.authorization !== `Bearer ${TOKEN}`)
      throw new Refusal(401, 'Unauthorized', 'who are you?')
    if (pathname === '/version') return send(response, 200, { gitVersion: 'v1.33.0' })
    const match = PATH.exec(pathname)
    if (!match) throw new Refusal(404, 'NotFound', `no ${pathname}`)
    const [, namespace = '', , encoded] = match
    const name = encoded === undefined ? undefined : decodeURIComponent(encoded)
    const collection = name === undefined ? pathname : pathname.slice(0, pathname.lastIndexOf('/'))
    if (query.get('watch') === 'true') return watch(response, collection, query)
    if (method === 'GET')
      return send(
        response,
        200,
        name === undefined ? list(collection, query) : store.demand(collection, name),
      )
    const sent = await text(request)
    const body = sent === '' ? {} : JSON.parse(sent)
    const manager = query.get('fieldManager') ?? 'unknown'
    if (method === 'POST') return send(response, 201, store.create(collection, body, namespace, manager))
    if (method === 'PUT') return send(response, 200, store.replace(collection, body, manager))
    if (method === 'DELETE')
      return send(response, 200, store.remove(collection, name ?? '', body.preconditions?.uid))
    if (request.headers['content-type'] !== 'application/apply-patch+yaml')
      throw new Refusal(415, 'UnsupportedMediaType', 'apply')
    const known = store.get(collection, name ?? '')
    const applied = store.apply(collection, body, namespace, manager, query.get('force') === 'true')
    return send(response, known ? 200 : 201, applied)
  }

  /** Pages are told apart by how many were before; the version is that of the first one. */
  function list(collection: string, query: URLSearchParams) {
    const [at = '0', version = String(store.version)] = (query.get('continue') ?? '')
      .split(':')
      .filter(Boolean)
    if (store.since(collection, Number(version)) === undefined)
      throw new Refusal(410, 'Expired', 'the continue token is too old')
    const matching = store.list(collection).filter(matches(query.get('labelSelector')))
    const limit = Number(query.get('limit') ?? matching.length)
    const end = Number(at) + limit
    const more = end < matching.length ? { continue: `${end}:${version}` } : {}
    // Lists leave out what is the same for all their items.
    const items = matching.slice(Number(at), end).map(({ kind: _, apiVersion: __, ...item }) => item)
    return { kind: 'List', metadata: { resourceVersion: version, ...more }, items }
  }

  function watch(response: ServerResponse, collection: string, query: URLSearchParams): void {
    const isWanted = matches(query.get('labelSelector'))
    const tell = (type: string, object: object) => response.write(`${JSON.stringify({ type, object })}\n`)
    const past = store.since(collection, Number(query.get('resourceVersion')))
    response.writeHead(200, { 'content-type': 'application/json' })
    if (past === undefined) {
      tell('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' })
      response.end()
      return
    }
    const pass = ({ type, object }: Change) => isWanted(object) && tell(type, object)
    response.flushHeaders()
    past.forEach(pass)
    const unfollow = store.follow((change) => change.collection === collection && pass(change))
    watches.add(response)
    response.once('close', () => {
      unfollow()
      watches.delete(response)
    })
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    ...{ url, store, writes },
    collection: (group, plural) =>
      `/${group.includes('/') ? 'apis' : 'api'}/${group}/namespaces/${NAMESPACE}/${plural}`,
    fail(which, status, times = Number.POSITIVE_INFINITY) {
      failures.push({ which, status, times })
    },
    heal() {
      failures = []
    },
    get watches() {
      return watches.size
    },
    cutWatches() {
      for (const response of watches) response.destroy()
    },
    bookmark() {
      const object = { metadata: { resourceVersion: String(store.version) } }
      for (const response of watches) response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`)
    },
    kubeconfig(file) {
      const config = {
        ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'test' },
        clusters: [{ name: 'stand-in', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
        users: [{ name: 'tester', user: { token: TOKEN } }],
        contexts: [{ name: 'test', context: { cluster: 'stand-in', user: 'tester', namespace: NAMESPACE } }],
      }
      writeFileSync(file, JSON.stringify(config))
      return file
    },
    async close() {
      stopControllers()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Selectors of the form `a=b,c=d`. */
function matches(selector: string | null): (object: Stored) => boolean {
  const pairs = (selector ?? '')
    .split(',')
    .filter(Boolean)
    .map((pair) => pair.split('='))
  return ({ metadata }) => pairs.every(([name = '', value]) => metadata.labels?.[name] === value)
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function refuse(response: ServerResponse, error: Error): void {
  const { code, reason } =
    error instanceof Refusal
      ? error
      : error instanceof ApplyConflict
        ? { code: 409, reason: 'Conflict' }
        : { code: 500, reason: 'InternalError' }
  send(response, code, { kind: 'Status', status: 'Failure', code, reason, message: error.message })
}

import type { Readable } from 'node:stream'
import { type Dispatcher, request } from 'undici'
import { messageOf } from '../../kernel/index.ts'
import { type ClusterAddress, loadConfiguration } from './configuration.ts'
import { kubernetesError } from './errors.ts'
import { createLogin } from './login.ts'

/** An answer that is a refusal: `code` is its HTTP status, `reason` the API's own word, such as `Conflict`. */
export class ApiRefusal extends Error {
  readonly code: number
  readonly reason: string

  constructor(code: number, reason: string, message: string) {
    super(message)
    this.code = code
    this.reason = reason
  }
}

export interface ClusterCall {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  query?: Readonly<Record<string, string | number | boolean | undefined>>
  body?: object
  /** Of the body (`application/json`). */
  type?: string
  signal?: AbortSignal | undefined
}

/** The API server of one cluster, with what lets us in. */
export interface Cluster {
  /** Where objects go that name no other place. */
  readonly namespace: string
  /** @throws ApiRefusal, AgentctlError KUBERNETES_UNREACHABLE; or the reason of `signal` */
  call<T>(call: ClusterCall): Promise<T>
  /** The same for an answer that goes on. Its reader closes it. */
  open(call: ClusterCall): Promise<Readable>
  close(): Promise<void>
}

/** Milliseconds that one request may take, unless its answer goes on. */
const TIMEOUT = 10_000

/** @throws AgentctlError KUBERNETES_CONFIG_INVALID */
export async function openCluster(
  address: ClusterAddress & { namespace?: string | undefined },
): Promise<Cluster> {
  const { KubeConfig, RequestContext } = await loadClient()
  const config = new KubeConfig()
  loadConfiguration(config, address)
  const server = config.getCurrentCluster()?.server ?? ''
  const inContext = config.getContextObject(config.getCurrentContext())?.namespace
  const login = createLogin(config, RequestContext)

  async function send(call: ClusterCall, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const url = new URL(server.replace(/\/$/, '') + call.path)
    for (const [name, value] of Object.entries(call.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value))
    try {
      const { headers: own, dispatcher } = await login.of(url.href, call.method)
      const headers = { accept: 'application/json', ...own }
      return await request(url, {
        method: call.method,
        dispatcher,
        signal,
        headers: call.body ? { ...headers, 'content-type': call.type ?? 'application/json' } : headers,
        body: call.body ? JSON.stringify(call.body) : null,
      })
    } catch (error) {
      login.doubt()
      throw trouble(error, call, url)
    }
  }

  return {
    namespace: address.namespace ?? inContext ?? 'default',
    async call<T>(call: ClusterCall) {
      const signal = AbortSignal.any([AbortSignal.timeout(TIMEOUT), ...(call.signal ? [call.signal] : [])])
      const response = await send(call, signal)
      try {
        const text = await response.body.text()
        if (response.statusCode >= 300) throw toRefusal(response.statusCode, text)
        return JSON.parse(text) as T
      } catch (error) {
        if (error instanceof ApiRefusal) throw error
        throw trouble(error, call, new URL(server))
      }
    },
    async open(call) {
      const response = await send(call, call.signal ?? new AbortController().signal)
      if (response.statusCode < 300) return response.body
      throw toRefusal(response.statusCode, await response.body.text())
    },
    close: () => login.close(),
  }
}

/** Loaded only where a cluster is used: it costs a process about 90 MB. */
function loadClient() {
  return import('@kubernetes/client-node')
}

/** What the caller asked to be told, or that the server is away. */
function trouble(error: unknown, { signal, method, path }: ClusterCall, { host }: URL): unknown {
  if (signal?.aborted) return signal.reason
  return kubernetesError('KUBERNETES_UNREACHABLE', `${method} ${path} at ${host}: ${messageOf(error)}`, {
    cause: error,
  })
}

/** Refusals come as `{ kind: 'Status', reason, message }`; a proxy in between may say anything. */
function toRefusal(status: number, text: string): ApiRefusal {
  try {
    const { reason = '', message = text } = JSON.parse(text) as { reason?: string; message?: string }
    return new ApiRefusal(status, reason, message)
  } catch {
    return new ApiRefusal(status, '', text.slice(0, 500))
  }
}

import { pino } from 'pino'
import { startGateway } from '../../src/runtime/gateway/gateway.ts'
import { options } from '../../src/runtime/gateway/options.ts'

/** A whole gateway in this process, and what it has logged. */
export interface TestGateway {
  url: string
  /** Lines of JSON. */
  log: string[]
  /** One request, its problem or answer read. */
  ask(
    path: string,
    how?: { method?: string; headers?: Record<string, string>; body?: unknown },
  ): Promise<GatewayAnswer>
  stop(): Promise<void>
}

export interface GatewayAnswer {
  status: number
  headers: Headers
  body: Record<string, unknown>
}

/** @param settings as they are given to the role; the port is free by itself */
export async function startTestGateway(settings: Record<string, unknown>): Promise<TestGateway> {
  const log: string[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => void log.push(line) })
  const gateway = await startGateway(options.parse({ port: 0, drainTimeout: '1s', ...settings }), {
    log: logger,
    name: 'gateway-1',
  })
  const url = gateway.facts.url ?? ''
  return {
    url,
    log,
    async ask(path, { method, headers = {}, body } = {}) {
      const response = await fetch(url + path, {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      return {
        status: response.status,
        headers: response.headers,
        body: text.startsWith('{') ? JSON.parse(text) : { text },
      }
    },
    stop: () => gateway.stop(),
  }
}

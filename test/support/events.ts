import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { request } from 'undici'
import { createEventBus, type EventBus } from '../../src/runtime/bus/index.ts'
import { createEventService } from '../../src/runtime/events/index.ts'
import { createCloser } from '../../src/runtime/kernel/index.ts'
import { startHttpServer } from '../../src/runtime/platform/http/index.ts'
import { createMetrics } from '../../src/runtime/platform/metrics/index.ts'
import { asUnreachable, type RedisClient } from '../../src/runtime/platform/redis/index.ts'
import { silent, type TestRedis } from './redis.ts'

/** A gateway's part for events, and nothing else. */
export interface EventGateway {
  url: string
  redis: RedisClient
  bus: EventBus
  close(): Promise<void>
}

export async function startEventGateway(server: TestRedis): Promise<EventGateway> {
  const closer = createCloser()
  const [redis, subscriber] = [server.connect('request'), server.connect('subscriber')]
  const metrics = createMetrics()
  const bus = closer.add(
    createEventBus({ redisUrl: server.url, metrics, connections: { redis, subscriber } }),
    (opened) => opened.close(),
  )
  const service = await createEventService({
    redis,
    subscriber,
    bus,
    metrics,
    heartbeat: 10_000,
    log: silent,
  })
  closer.add(service, (opened) => opened.close())
  const http = await startHttpServer(
    {
      title: 'test',
      description: 'test',
      version: '0',
      host: '127.0.0.1',
      port: 0,
      bodyLimit: 1_048_576,
      checks: {},
      translate: asUnreachable,
      metrics,
      log: silent,
    },
    (app) => service.addRoutes(app),
  )
  closer.add(http, (opened) => opened.close())
  closer.add(service, (opened) => opened.close())
  return { url: http.url, redis, bus, close: () => closer.close() }
}

export interface Answer {
  status: number
  body: Record<string, unknown>
}

export interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Sent as JSON; a string is sent as it is. */
  body?: unknown
  headers?: Record<string, string>
}

export async function call(base: string, path: string, options: Call = {}): Promise<Answer> {
  const { method = 'body' in options ? 'POST' : 'GET', body, headers = {} } = options
  const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
  const response = await request(new URL(path, base), {
    method,
    headers: { ...(text === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: text ?? null,
  })
  return { status: response.statusCode, body: (await response.body.json()) as Record<string, unknown> }
}

export interface LiveClient {
  frames: EventSourceMessage[]
  /** Resolves with so many frames; the client goes on. */
  seen(count: number): Promise<EventSourceMessage[]>
  close(): void
}

/** A client of `/events/TYPE/live`. Resolves once the server has answered. */
export async function openLive(
  base: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<LiveClient> {
  const controller = new AbortController()
  const response = await request(new URL(path, base), { headers, signal: controller.signal, bodyTimeout: 0 })
  if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${await response.body.text()}`)
  const frames: EventSourceMessage[] = []
  const waiting: { count: number; resolve(frames: EventSourceMessage[]): void }[] = []
  const parser = createParser({
    onEvent(frame) {
      frames.push(frame)
      for (const { count, resolve } of waiting) if (frames.length >= count) resolve(frames.slice(0, count))
    },
  })
  response.body.setEncoding('utf8')
  response.body.on('data', (chunk: string) => parser.feed(chunk))
  response.body.on('error', () => {})
  return {
    frames,
    seen: (count) =>
      frames.length >= count
        ? Promise.resolve(frames.slice(0, count))
        : new Promise((resolve) => waiting.push({ count, resolve })),
    close: () => controller.abort(),
  }
}

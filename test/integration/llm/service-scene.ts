import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { request } from 'undici'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import type { Completion, Prompt, Provider } from '../../../src/runtime/llm/provider.ts'
import type { Router } from '../../../src/runtime/llm/routing/router.ts'
import { type OpenServiceOptions, openLlmService } from '../../../src/runtime/llm/service/open-service.ts'
import { startHttpServer } from '../../../src/runtime/platform/http/index.ts'
import { createMetrics } from '../../../src/runtime/platform/metrics/index.ts'
import {
  asUnreachable,
  connectRedis,
  disconnectRedis,
  type Purpose,
  waitForRedis,
} from '../../../src/runtime/platform/redis/index.ts'
import { silent } from '../../support/redis.ts'

/** What a provider of a test does with a question: gives pieces, and in the end perhaps a failure. */
export type Behaviour = (prompt: Prompt, signal: AbortSignal) => AsyncGenerator<string>

export interface TestRouter extends Router {
  /** Questions that came this far. */
  readonly prompts: Prompt[]
  /** Providers that are to be named as having failed before. */
  fellBackFrom: string[]
  behave(behaviour: Behaviour): void
}

/** Answers with the last turn of the question, backwards. */
async function* backwards({ turns }: Prompt): AsyncGenerator<string> {
  const text = [...(turns.at(-1)?.content ?? '')].reverse().join('')
  for (let at = 0; at < text.length; at += 4) yield text.slice(at, at + 4)
}

/** One provider, `openai`, that does what a test tells it to do. */
export function createTestRouter(): TestRouter {
  const prompts: Prompt[] = []
  let behaviour: Behaviour = backwards
  const provider: Provider = {
    name: 'openai',
    label: 'OpenAI',
    defaultModel: 'gpt-4',
    async complete(prompt, signal) {
      const pieces = this.stream(prompt, signal)
      for (;;) {
        const { value, done } = await pieces.next()
        if (done) return value
      }
    },
    async *stream(prompt, signal) {
      prompts.push(prompt)
      let text = ''
      for await (const piece of behaviour(prompt, signal)) {
        text += piece
        yield piece
      }
      return completionOf(prompt, text)
    },
  }
  const router = {
    prompts,
    fellBackFrom: [] as string[],
    behave(next: Behaviour) {
      behaviour = next
    },
    resolve: ({ model }: { model?: string }) => ({ provider, model: model ?? provider.defaultModel }),
    async complete(_choice: object, prompt: Prompt, { signal }: { signal: AbortSignal }) {
      return { ...(await provider.complete(prompt, signal)), provider, fellBackFrom: router.fellBackFrom }
    },
    async *stream(_choice: object, prompt: Prompt, { signal }: { signal: AbortSignal }) {
      const completion: Completion = yield* provider.stream(prompt, signal)
      return { ...completion, provider, fellBackFrom: router.fellBackFrom }
    },
    status: () => [],
    close: async () => {},
  }
  return router as unknown as TestRouter
}

function completionOf({ model, turns }: Prompt, text: string): Completion {
  const asked = turns.map(({ content }) => content).join(' ')
  return {
    text,
    model,
    inputTokens: asked.split(' ').length,
    outputTokens: text.split(' ').length,
    finishReason: 'stop',
  }
}

/** Rejects as a provider does whose call is aborted. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

export interface TestService {
  url: string
  metrics(): Promise<string>
  drain(): Promise<void>
  close(): Promise<void>
}

type Settings = Partial<Omit<OpenServiceOptions, 'router' | 'metrics' | 'log'>>

/**
 * The service over HTTP on a free port.
 * @param purpose of its connection to Redis: `cache`, as in the program, gives up after 200 ms, so that on a busy machine
 * answers are now and then neither kept nor counted; that is for tests of a Redis that is away
 */
export async function startTestService(
  redisUrl: string,
  router: Router,
  settings: Settings = {},
  { waits = true, purpose = 'request' }: { waits?: boolean; purpose?: Purpose } = {},
): Promise<TestService> {
  const closer = createCloser()
  const connect = (what: Purpose) =>
    closer.add(connectRedis({ url: redisUrl, purpose: what, name: 'test', log: silent }), disconnectRedis)
  const redis = connect(purpose)
  if (waits) await waitForRedis(redis, redisUrl, 20_000)
  const metrics = createMetrics()
  const service = openLlmService({
    router,
    redis,
    admin: connect('request'),
    subscriber: connect('subscriber'),
    cacheTtl: 3_600_000,
    cacheKey: 'sha256',
    quotaRequests: 0,
    quotaTokens: 0,
    apiKeys: [],
    maxInFlight: 100,
    timeout: 60_000,
    costOf: () => 0.25,
    metrics,
    log: silent,
    ...settings,
  })
  const server = await startHttpServer(
    {
      title: 'test',
      description: 'test',
      version: '0',
      host: '127.0.0.1',
      port: 0,
      bodyLimit: 2_000_000,
      checks: { cache: () => service.checkCache() },
      translate: asUnreachable,
      metrics,
      log: silent,
    },
    (app) => service.addRoutes(app),
  )
  closer.add(service, () => service.close())
  closer.add(server, () => server.close())
  return {
    url: server.url,
    metrics: () => metrics.text(),
    drain: () => service.drain(),
    close: () => closer.close(),
  }
}

export interface Reply {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Record<string, unknown>
}

export async function call(
  url: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const response = await request(`${url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? null : JSON.stringify(body),
  })
  return {
    status: response.statusCode,
    headers: response.headers,
    body: (await response.body.json()) as Reply['body'],
  }
}

export function generate(url: string, body: object, headers?: Record<string, string>): Promise<Reply> {
  return call(url, '/generate', body, headers)
}

/** A client of a streamed answer that may leave at any time. */
export async function openStream(url: string, body: object) {
  const controller = new AbortController()
  const response = await request(`${url}/generate`, {
    method: 'POST',
    signal: controller.signal,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, stream: true }),
  })
  const frames: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (frame) => frames.push(frame) })
  response.body.setEncoding('utf8')
  const chunks = response.body[Symbol.asyncIterator]()
  return {
    status: response.statusCode,
    headers: response.headers,
    /** The next frame, or undefined at the end. */
    async next(): Promise<EventSourceMessage | undefined> {
      while (frames.length === 0) {
        const { value, done } = await chunks.next()
        if (done) return undefined
        parser.feed(value as string)
      }
      return frames.shift()
    },
    async rest(): Promise<EventSourceMessage[]> {
      const all: EventSourceMessage[] = []
      for (let frame = await this.next(); frame; frame = await this.next()) all.push(frame)
      return all
    },
    leave: () => controller.abort(),
  }
}

/** The text of a stream and what its last frames say. */
export function readFrames(frames: readonly EventSourceMessage[]) {
  const data = frames.filter(({ event }) => event === undefined).map(({ data: text }) => text)
  const parsed = data.filter((text) => text !== '[DONE]').map((text) => JSON.parse(text))
  const error = frames.find(({ event }) => event === 'error')
  return {
    pieces: parsed.flatMap((frame) => (frame.delta === undefined ? [] : [frame.delta as string])),
    done: parsed.find((frame) => frame.done !== undefined)?.done,
    ended: data.at(-1) === '[DONE]',
    error: error && JSON.parse(error.data),
  }
}

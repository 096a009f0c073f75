import type { ServerResponse } from 'node:http'
import { z } from 'zod'
import { createCloser, type Logger } from '../kernel/index.ts'
import { createSseHub, type HttpApp } from '../platform/http/index.ts'
import type { Metrics } from '../platform/metrics/index.ts'
import type { Durably, RedisClient } from '../platform/redis/index.ts'
import { createStreamFollower } from '../platform/streams/index.ts'
import { backendOf, type ChatBackends } from './backend.ts'
import { chatError } from './errors.ts'
import { type Chat, chatBody, chatQuery, type RunInput, streamQuery } from './messages.ts'
import { exposeQueues } from './metrics.ts'
import { createOpening, type Opened, type Opening } from './opening.ts'
import { createPools, type Pools } from './pools.ts'
import { createChatQueues } from './queues.ts'
import { createRelay, type Relay, toFramedEntry } from './relay.ts'
import { createRuns, type Runs } from './runs.ts'
import { createTranscript, type Transcript } from './transcript.ts'
import { createWatchdog } from './watchdog.ts'

export interface ChatServiceOptions {
  /** For commands; shared with others, never blocked. */
  redis: RedisClient
  /** For SUBSCRIBE. */
  subscriber: RedisClient
  metrics: Metrics
  /** Milliseconds. */
  streamTtl: number
  heartbeat: number
  workerWait: number
  /** Features whose chats are started by routes of another room. */
  backends?: ChatBackends
  /** What has the start of a chat confirmed; nothing when left out. */
  durably?: Durably
  log: Logger
}

export interface ChatService {
  addRoutes(app: HttpApp): void
  /**
   * Starts the chat of a feature with a backend of its own, unless it has begun. Returns what streams it to one client;
   * undefined when that client has everything.
   * @throws AgentctlError CHAT_CURSOR_INVALID
   */
  open(chat: ReservedChat): Promise<Attach | undefined>
  /** Ends all streams; their clients resume elsewhere. */
  close(): Promise<void>
}

/** Streams a chat over a response that nobody else answers. */
export type Attach = (response: ServerResponse) => void

export interface ReservedChat {
  feature: string
  /** Id of the chat, and of its run. */
  id: string
  input: RunInput
  /** The last frame that the client has seen. */
  cursor?: string | undefined
}

/** Milliseconds a client may leave its buffers full. */
const STALL_TIMEOUT = 60_000

/** Everything a gateway needs to serve chats. */
export function createChatService(options: ChatServiceOptions): ChatService {
  const { redis, subscriber, metrics, backends = {}, log } = options
  const closer = createCloser()
  const transcript = createTranscript(redis, options.streamTtl)
  const pools = createPools(redis)
  const queues = closer.add(createChatQueues({ redis, pools, backends, log }), (opened) => opened.close())
  const runs = createRuns(transcript, queues, options.durably)
  const follower = closer.add(
    createStreamFollower({ redis, subscriber, decode: toFramedEntry, log }),
    (opened) => opened.close(),
  )
  const watchdog = closer.add(
    createWatchdog({
      transcript,
      queues,
      pools: withBackends(pools, backends),
      runs,
      workerWait: options.workerWait,
      log,
    }),
    (opened) => opened.close(),
  )
  const hub = closer.add(
    createSseHub({ heartbeat: options.heartbeat, stallTimeout: STALL_TIMEOUT }),
    (opened) => opened.close(),
  )
  metrics.gauge('chat_clients', 'Clients that are reading a stream', () => hub.connections)
  metrics.gauge('chat_streams_followed', 'Streams that somebody reads', () => follower.streams)
  exposeQueues(metrics, redis, pools)
  const relay = createRelay({ follower, hub, watchdog, metrics })
  const open = createOpening({ runs, transcript, metrics })
  return {
    addRoutes: (app) => addRoutes(app, { runs, transcript, relay, backends, open }),
    async open({ feature, id, input, cursor }) {
      const chat = { feature, chat: id }
      return attachment(relay, chat, cursor, await open(chat, input, cursor, id))
    },
    close: () => closer.close(),
  }
}

interface Parts {
  runs: Runs
  transcript: Transcript
  relay: Relay
  backends: ChatBackends
  open: Opening
}

/** A feature with a backend is its own pool. */
function withBackends(pools: Pools, backends: ChatBackends): Pick<Pools, 'isAlive'> {
  return { isAlive: (pool) => backendOf(backends, pool)?.isAlive() ?? pools.isAlive(pool) }
}

/** Undefined when the client has everything. */
function attachment(
  relay: Relay,
  chat: Chat,
  cursor: string | undefined,
  opened: Opened,
): Attach | undefined {
  if (opened.from.finished) return undefined
  return (response) => relay.attach(response, { chat, cursor, ...opened })
}

const headers = z.looseObject({ 'last-event-id': z.string().optional() })
const cancelled = z.object({
  status: z.literal('cancelled'),
  feature_id: z.string(),
  chat_id: z.string(),
  run: z.string(),
})

function addRoutes(app: HttpApp, { runs, transcript, relay, backends, open }: Parts): void {
  /** Chats of reserved features are joined here, and started elsewhere. */
  async function join(chat: Chat, body: RunInput | undefined, cursor: string | undefined) {
    if (backendOf(backends, chat.feature)) {
      if (body !== undefined)
        throw chatError('CHAT_RESERVED', `chats of feature ${chat.feature} take no body here`, {
          field: 'body',
        })
      if (!(await transcript.newest(chat)))
        throw chatError('CHAT_NOT_FOUND', `chat ${chat.chat} of feature ${chat.feature} does not exist`)
    }
    return attachment(relay, chat, cursor, await open(chat, body, cursor))
  }

  const schema = { tags: ['chat'], querystring: streamQuery, headers }
  const description =
    'Answers `text/event-stream`: one frame per message, the last `data: [DONE]`. Several clients of one chat share one run.'

  app.post(
    '/stream',
    { schema: { ...schema, body: chatBody.nullish(), summary: 'Start a chat, or join it', description } },
    async (request, reply) => {
      const chat = chatOf(request.query)
      const cursor = cursorOf(request.headers, request.query)
      const attach = await join(chat, request.body ?? undefined, cursor)
      if (attach === undefined) return reply.code(204).send()
      reply.hijack()
      attach(reply.raw)
    },
  )

  app.get(
    '/stream',
    { exposeHeadRoute: false, schema: { ...schema, summary: 'The same, for EventSource', description } },
    async (request, reply) => {
      const chat = chatOf(request.query)
      const cursor = cursorOf(request.headers, request.query)
      const attach = await join(chat, undefined, cursor)
      if (attach === undefined) return reply.code(204).send()
      reply.hijack()
      attach(reply.raw)
    },
  )

  app.delete(
    '/stream',
    {
      schema: {
        tags: ['chat'],
        summary: 'Cancel a chat',
        querystring: chatQuery,
        response: { 200: cancelled },
      },
    },
    async (request) => {
      const { run } = await runs.cancel(chatOf(request.query))
      return { status: 'cancelled' as const, ...request.query, run }
    },
  )
}

function chatOf({ feature_id, chat_id }: z.output<typeof chatQuery>): Chat {
  return { feature: feature_id, chat: chat_id }
}

/** The header is the newer one: a standard client repeats the URL it began with. */
function cursorOf(
  header: { 'last-event-id'?: string | undefined },
  query: { last_event_id?: string | undefined },
): string | undefined {
  return header['last-event-id'] || query.last_event_id || undefined
}

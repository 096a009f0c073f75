import { z } from 'zod'
import { createCloser, type Logger } from '../kernel/index.ts'
import { createSseHub, type HttpApp } from '../platform/http/index.ts'
import type { Metrics } from '../platform/metrics/index.ts'
import type { RedisClient } from '../platform/redis/index.ts'
import { BEGINNING, createStreamFollower } from '../platform/streams/index.ts'
import { type Chat, type ChatBody, chatBody, chatQuery, streamQuery } from './messages.ts'
import { createPools } from './pools.ts'
import { createChatQueues } from './queues.ts'
import { createRelay, type Relay, toFramedEntry } from './relay.ts'
import { checkCursor, type ResumePoint, resumePoint } from './resume.ts'
import { createRuns, type Runs } from './runs.ts'
import { type ChatState, createTranscript, type Transcript } from './transcript.ts'
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
  log: Logger
}

export interface ChatService {
  addRoutes(app: HttpApp): void
  /** Ends all streams; their clients resume elsewhere. */
  close(): Promise<void>
}

/** Milliseconds a client may leave its buffers full. */
const STALL_TIMEOUT = 60_000

/** Everything a gateway needs to serve chats. */
export function createChatService(options: ChatServiceOptions): ChatService {
  const { redis, subscriber, metrics, log } = options
  const closer = createCloser()
  const transcript = createTranscript(redis, options.streamTtl)
  const pools = createPools(redis)
  const queues = closer.add(createChatQueues({ redis, pools, log }), (opened) => opened.close())
  const runs = createRuns(transcript, queues)
  const follower = closer.add(
    createStreamFollower({ redis, subscriber, decode: toFramedEntry, log }),
    (opened) => opened.close(),
  )
  const watchdog = closer.add(
    createWatchdog({ transcript, queues, pools, runs, workerWait: options.workerWait, log }),
    (opened) => opened.close(),
  )
  const hub = closer.add(
    createSseHub({ heartbeat: options.heartbeat, stallTimeout: STALL_TIMEOUT }),
    (opened) => opened.close(),
  )
  metrics.gauge('chat_clients', 'Clients that are reading a stream', () => hub.connections)
  metrics.gauge('chat_streams_followed', 'Streams that somebody reads', () => follower.streams)
  const relay = createRelay({ follower, hub, watchdog, metrics })
  return {
    addRoutes: (app) => addRoutes(app, { runs, transcript, relay, metrics }),
    close: () => closer.close(),
  }
}

interface Parts {
  runs: Runs
  transcript: Transcript
  relay: Relay
  metrics: Metrics
}

const headers = z.looseObject({ 'last-event-id': z.string().optional() })
const cancelled = z.object({
  status: z.literal('cancelled'),
  feature_id: z.string(),
  chat_id: z.string(),
  run: z.string(),
})

function addRoutes(app: HttpApp, { runs, transcript, relay, metrics }: Parts): void {
  const started = metrics.counter('chat_runs_started_total', 'Chats for which a job was added')

  async function open(chat: Chat, body: ChatBody | undefined, cursor: string | undefined) {
    if (cursor !== undefined) checkCursor(cursor)
    const state = await runs.open(chat, body)
    if (state.won) started.inc()
    return { ...(await whereToStart(transcript, chat, state, cursor, body)), run: state.run }
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
      const opened = await open(chat, request.body ?? undefined, cursor)
      if (opened.from.finished) return reply.code(204).send()
      reply.hijack()
      relay.attach(reply.raw, { chat, cursor, ...opened })
    },
  )

  app.get(
    '/stream',
    { exposeHeadRoute: false, schema: { ...schema, summary: 'The same, for EventSource', description } },
    async (request, reply) => {
      const chat = chatOf(request.query)
      const cursor = cursorOf(request.headers, request.query)
      const opened = await open(chat, undefined, cursor)
      if (opened.from.finished) return reply.code(204).send()
      reply.hijack()
      relay.attach(reply.raw, { chat, cursor, ...opened })
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

async function whereToStart(
  transcript: Transcript,
  chat: Chat,
  state: ChatState & { won: boolean },
  cursor: string | undefined,
  body: ChatBody | undefined,
): Promise<{ from: ResumePoint; input: ChatBody }> {
  if (state.won) {
    const from: ResumePoint =
      cursor === undefined ? { after: BEGINNING } : { after: BEGINNING, gap: 'expired' }
    return { from, input: body ?? {} }
  }
  const first = await transcript.first(chat)
  const input = body ?? (first?.kind === 'open' ? (JSON.parse(first.data) as ChatBody) : {})
  return { from: resumePoint(cursor, first?.id ?? state.id, state), input }
}

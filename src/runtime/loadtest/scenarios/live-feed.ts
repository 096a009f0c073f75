import { createWireClient, prepareRequest } from '../../platform/wire/index.ts'
import { loadtestError } from '../errors.ts'
import { type Answer, jsonOf, readAnswer } from './answer-reader.ts'
import { causeOfStatus } from './causes.ts'
import { type Over, sendForEvents } from './event-exchange.ts'
import type { StreamedEvent } from './event-reader.ts'

export interface LiveFeedOptions {
  /** Base URL. */
  target: string
  headers: Readonly<Record<string, string>>
  /** Of events. */
  type: string
  onEvent(event: Record<string, unknown>, at: number): void
  /** Events are missing. */
  onGap(): void
}

export interface LiveFeed {
  close(): Promise<void>
}

/** Milliseconds before a connection that broke is made again. */
const PAUSE = 250
/** Milliseconds a gateway may take to say where its stream stands, and to open it. */
const PATIENCE = 15_000

/**
 * Reads the events of a type from now on. Where "now" is, is asked first, so that nothing is missed that comes while the connection
 * is made, or made again.
 * @throws AgentctlError LOADTEST_UNREACHABLE when there is no such stream to read
 */
export async function openLiveFeed({
  target,
  headers,
  type,
  onEvent,
  onGap,
}: LiveFeedOptions): Promise<LiveFeed> {
  const client = createWireClient({ origin: target, connections: 1 })
  const get = (path: string) => prepareRequest(target, { path, headers: { ...headers } })
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let lastEventId = ''

  async function begin(): Promise<void> {
    lastEventId = await ask()
    const opened = Promise.withResolvers<void>()
    connect(opened.resolve, (cause) => opened.reject(unreachable(cause)))
    const late = setTimeout(() => opened.reject(unreachable('timeout')), PATIENCE)
    await opened.promise.finally(() => clearTimeout(late))
  }

  /** The id of the newest entry, or `first` where there is none. */
  async function ask(): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const failed = (cause: string) => reject(unreachable(cause))
    const path = `/events/${type}?order=desc&limit=1`
    client.send(get(path), readAnswer(resolve, failed), performance.now() + PATIENCE)
    const { status, body } = await promise
    if (status !== 200) throw unreachable(causeOfStatus(status, body))
    const page = jsonOf(body) as { events?: { id: string }[]; undecodable?: { id: string }[] } | undefined
    return page?.events?.[0]?.id ?? page?.undecodable?.[0]?.id ?? 'first'
  }

  function connect(onOpen?: () => void, onFailed?: (cause: string) => void): void {
    const path = `/events/${type}/live?${new URLSearchParams({ from: lastEventId })}`
    sendForEvents(client, get(path), {
      onOpen: () => onOpen?.(),
      onEvent: onFrame,
      onOver: (over) => onOver(over, onFailed),
    })
  }

  function onFrame({ event, id, data, at }: StreamedEvent) {
    lastEventId = id ?? lastEventId
    if (event === 'gap') return onGap()
    const value = event === undefined ? jsonOf(data) : undefined
    if (value !== undefined) onEvent(value, at)
  }

  function onOver(over: Over, onFailed?: (cause: string) => void): void {
    onFailed?.('cause' in over ? over.cause : 'the stream ended at once')
    if (!closed) timer = setTimeout(() => connect(), PAUSE)
  }

  const unreachable = (cause: string) =>
    loadtestError('LOADTEST_UNREACHABLE', `the live events of ${type} at ${target}: ${cause}`)

  async function close(): Promise<void> {
    closed = true
    clearTimeout(timer)
    await client.close()
  }

  try {
    await begin()
  } catch (error) {
    await close()
    throw error
  }
  return { close }
}

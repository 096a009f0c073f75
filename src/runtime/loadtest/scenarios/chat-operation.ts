import type { WireClient, WireRequest } from '../../platform/wire/index.ts'
import type { Operation } from '../scenario.ts'
import { ENDED } from './causes.ts'
import { createChatReading } from './chat-reading.ts'
import { createEnding, EARLY } from './ending.ts'
import { type Over, sendForEvents } from './event-exchange.ts'

export interface ChatOperationOptions {
  /** Milliseconds, 0 = any. */
  timeout: number
  /** How often a broken connection is made again. */
  reconnect: number
  /** Messages after which the client leaves. */
  maxEvents?: number | undefined
  /** @param lastEventId the last event that was seen, of a connection that goes on */
  requestOf(index: number, lastEventId?: string): WireRequest
}

/** Milliseconds before a broken connection is made again. */
const PAUSE = 100

/** Chats over as many connections as they take. */
export function createChatOperation(client: Pick<WireClient, 'send'>, options: ChatOperationOptions) {
  /** What is to go on in a moment. */
  const pauses = new Map<NodeJS.Timeout, () => void>()

  function begin(operation: Operation): void {
    const ending = createEnding(operation)
    const reading = createChatReading(operation, ending, options.maxEvents)
    const deadline = options.timeout === 0 ? undefined : operation.due + options.timeout
    let left = options.reconnect

    function connect(): void {
      const request = options.requestOf(operation.index, reading.lastEventId)
      const { onOpen, onEvent } = reading
      ending.of(sendForEvents(client, request, { onOpen, onEvent, onOver }, deadline))
    }

    function onOver(over: Over) {
      if (over.how === 'nothing' && reading.lastEventId !== undefined) ending.succeed(over.at)
      if (ending.decided || left === 0 || !isWorthRetrying(over)) return ending.over(over)
      left--
      operation.count('reconnects', 1)
      const timer = setTimeout(() => {
        pauses.delete(timer)
        if (deadline === undefined || performance.now() < deadline) connect()
        else ending.over({ how: 'broken', cause: EARLY })
      }, PAUSE)
      pauses.set(timer, () => ending.over({ how: 'broken', cause: ENDED }))
    }

    connect()
  }

  return {
    begin,
    close(): void {
      for (const [timer, end] of pauses) {
        clearTimeout(timer)
        end()
      }
      pauses.clear()
    },
  }
}

function isWorthRetrying(over: Over): boolean {
  if (over.how === 'refused') return over.status === 503
  return over.how === 'ended' || (over.how === 'broken' && over.cause !== 'timeout' && over.cause !== ENDED)
}

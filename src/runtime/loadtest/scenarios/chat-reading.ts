import type { Operation } from '../scenario.ts'
import { jsonOf } from './answer-reader.ts'
import { causeOfProblem } from './causes.ts'
import type { Ending } from './ending.ts'
import type { StreamedEvent } from './event-reader.ts'

/** Measures the events of one chat, over all its connections. */
export interface ChatReading {
  onOpen(at: number): void
  onEvent(event: StreamedEvent): void
  readonly lastEventId: string | undefined
}

/** Fields of a message that is an object in which its text may be. */
const TEXTS = ['text', 'content', 'delta', 'token']

export function createChatReading(
  operation: Operation,
  ending: Ending,
  maxEvents = Number.POSITIVE_INFINITY,
): ChatReading {
  const { due } = operation
  let lastEventId: string | undefined
  let opened = false
  let begun = false
  /** The number that the next message should have; undefined when messages are known to be missing. */
  let expected: number | undefined = 0
  let isWhole = true
  let messages = 0
  let tokens = 0
  let firstAt = 0
  let tokenAt = 0

  function onEvent({ event, id, data, at }: StreamedEvent) {
    if (ending.decided) return
    lastEventId = id ?? lastEventId
    if (!begun) operation.record('first_event', at - due)
    begun = true
    if (event === 'error') return ending.fail(causeOfProblem(data))
    if (event === 'gap') return onGap()
    if (event !== undefined && event !== 'message') return
    if (data === '[DONE]') return onDone(at)
    onMessage(jsonOf(data), at)
  }

  function onMessage(message: Record<string, unknown> | undefined, at: number) {
    if (message === undefined) return ending.fail('message is no JSON')
    if (!isNew(Number(message.id))) return
    if (hasContent(message.message)) onToken(at)
    if (++messages >= maxEvents) onDone(at, true)
  }

  /** Messages count from 0. What was seen before is counted, and measures nothing. */
  function isNew(number: number): boolean {
    if (!Number.isInteger(number)) return true // another server may count otherwise
    if (expected !== undefined && number < expected) {
      operation.count('repeated', 1)
      return false
    }
    if (expected !== undefined && number > expected) {
      operation.count('lost', number - expected)
      isWhole = false
    }
    expected = number + 1
    return true
  }

  function onToken(at: number): void {
    operation.count('tokens', 1)
    if (++tokens === 1) {
      firstAt = at
      operation.record('first_token', at - due)
    } else operation.record('gap', at - tokenAt)
    tokenAt = at
  }

  /** The server says that messages are missing, or that the answer begins anew. */
  function onGap(): void {
    operation.count('gaps', 1)
    expected = undefined
    isWhole = false
  }

  function onDone(at: number, leaves = false) {
    if (!isWhole) return ending.fail('messages lost')
    if (tokens > 1) operation.record('per_token', (tokenAt - firstAt) / (tokens - 1))
    if (leaves) ending.leave(at)
    else ending.succeed(at)
  }

  return {
    onOpen(at) {
      if (!opened) operation.record('headers', at - due)
      opened = true
    },
    onEvent,
    get lastEventId() {
      return lastEventId
    },
  }
}

/** A message that only names a role, or is empty, is not the first token. */
function hasContent(message: unknown): boolean {
  if (typeof message === 'string') return message !== ''
  if (typeof message !== 'object' || message === null) return false
  const texts = TEXTS.map((name) => (message as Record<string, unknown>)[name])
  const told = texts.filter((text) => text !== undefined)
  if (told.length > 0) return told.some((text) => text !== '' && text !== null)
  return Object.keys(message).some((name) => name !== 'role')
}

import type { Exchange, WireClient, WireRequest } from '../../platform/wire/index.ts'
import { causeOfStatus } from './causes.ts'
import { createEventReader, type StreamedEvent } from './event-reader.ts'

/** What is told of an answer in events. After `onOver`, which comes exactly once, nothing more is. */
export interface EventHandlers {
  /** The server answers with a stream. */
  onOpen?(at: number): void
  onEvent(event: StreamedEvent): void
  onOver(over: Over): void
}

export type Over =
  /** The stream has come to its end; whether it was complete is for the reader to say. */
  | { how: 'ended'; at: number }
  /** Nothing is left to be read (204). */
  | { how: 'nothing'; at: number }
  | { how: 'refused'; status: number; cause: string }
  | { how: 'broken'; cause: string }

/** Bytes of a refusal that are looked at. */
const REFUSAL = 16_384

/** Sends a request that is answered in events. */
export function sendForEvents(
  client: Pick<WireClient, 'send'>,
  request: WireRequest,
  handlers: EventHandlers,
  deadline?: number,
): Exchange {
  const reader = createEventReader((event) => handlers.onEvent(event))
  let status = 0
  let refusal = ''
  return client.send(
    request,
    {
      onHeaders(code, _, at) {
        status = code
        if (code === 200) handlers.onOpen?.(at)
      },
      onData(chunk, at) {
        if (status === 200) reader.feed(chunk, at)
        else if (refusal.length < REFUSAL) refusal += chunk.toString('utf8')
      },
      onEnd(at) {
        if (status === 200) handlers.onOver({ how: 'ended', at })
        else if (status === 204) handlers.onOver({ how: 'nothing', at })
        else handlers.onOver({ how: 'refused', status, cause: causeOfStatus(status, refusal) })
      },
      onError: (cause) => handlers.onOver({ how: 'broken', cause }),
    },
    deadline,
  )
}

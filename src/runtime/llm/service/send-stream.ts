import type { ServerResponse } from 'node:http'
import type { SseHub } from '../../platform/http/index.ts'
import type { GenerateAnswer } from '../messages.ts'
import { deltaFrame, doneFrames, errorFrame } from './stream-frames.ts'

type Pieces = AsyncGenerator<string, GenerateAnswer>

/**
 * Sends an answer as an event stream, as fast as the client reads. Nothing is sent before the first piece is there.
 * @param hijack takes the response out of the framework's hands
 * @throws what fails before the first piece, so that it can be answered with its own status
 */
export async function sendStream(
  hub: SseHub,
  response: ServerResponse,
  pieces: Pieces,
  hijack: () => void,
): Promise<void> {
  let next = await pieces.next()
  hijack()
  const gate = createGate()
  const connection = hub.open(response, { onDrain: gate.open, onClose: gate.open })
  try {
    for (; !next.done; next = await pieces.next()) {
      if (!connection.send(deltaFrame(next.value)) && !connection.closed) await gate.opened()
      if (connection.closed) return
    }
    connection.send(doneFrames(next.value))
  } catch (error) {
    connection.send(errorFrame(error))
  } finally {
    await pieces.return(undefined as never)
    connection.end()
  }
}

/** Held back until somebody opens it: once the client has read what was sent, or is gone. */
function createGate() {
  let waiting: (() => void) | undefined
  return {
    open() {
      waiting?.()
      waiting = undefined
    },
    opened: () =>
      new Promise<void>((resolve) => {
        waiting = resolve
      }),
  }
}

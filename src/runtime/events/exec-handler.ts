import { type EventHandler, toWire } from '../bus/index.ts'
import { FatalError, RetryableError } from '../kernel/index.ts'
import { type CommandResult, runCommand } from '../platform/process/index.ts'
import { currentTraceparent } from '../platform/tracing/index.ts'

/** Exit code by which a command says that the event is at fault and trying again is in vain (EX_DATAERR). */
const DATA_ERROR = 65
/** Bytes of stdout that can become a reply. */
const MAX_REPLY = 1024 * 1024

/**
 * Handles events by a shell command: it gets the event as JSON on stdin. What it prints is the reply to a request, and the
 * result of a replay.
 * Exit code 0 settles the event, 65 sends it to the dead letters, any other has it delivered again.
 */
export function execHandler(command: string): EventHandler {
  return async (_data, { event, delivery, replay, signal }) => {
    const wire = toWire(event)
    const traceparent = currentTraceparent()
    const result = await runCommand({
      command,
      input: `${JSON.stringify(wire)}\n`,
      env: {
        AGENTCTL_EVENT_ID: wire.event_id,
        AGENTCTL_EVENT_TYPE: wire.event_type,
        AGENTCTL_DELIVERY: String(delivery),
        // Under the name that tools for tracing look for.
        ...(traceparent === undefined ? {} : { TRACEPARENT: traceparent }),
      },
      signal,
      maxOutput: MAX_REPLY,
    })
    signal.throwIfAborted()
    if (result.code === DATA_ERROR) throw new FatalError(describe(result))
    if (result.code !== 0) throw new RetryableError(describe(result))
    if (event.responseStream === undefined && !replay) return undefined
    if (result.truncated)
      throw new FatalError('the command printed more than 1 MB, which is too much for a reply')
    return replyOf(result.stdout)
  }
}

function describe({ code, lastError }: CommandResult): string {
  const how = code > 128 ? `signal ${code - 128}` : `exit code ${code}`
  return lastError === '' ? how : `${how}: ${lastError}`
}

function replyOf(stdout: string): unknown {
  const text = stdout.trimEnd()
  if (text === '') return null
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

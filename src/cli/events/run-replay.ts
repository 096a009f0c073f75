import type { EventHandler, ReplayResult } from '../../runtime/bus/index.ts'
import { eventHandlerOf } from '../../runtime/events/index.ts'
import { interrupted } from '../interrupted.ts'
import { createProgress } from '../progress.ts'
import { counted } from '../run-change.ts'
import { redisOnly } from '../streams/stream-flags.ts'
import { rangeOf } from './event-flags.ts'
import { withBus } from './with-bus.ts'

export interface ReplayFlags {
  from?: string | undefined
  to?: string | undefined
  handler?: string | undefined
  exec?: string | undefined
  'keep-going': boolean
}

export interface ReplayOutput {
  /** One line of data: what a command has printed about an event. */
  print(line: string): unknown
  /** For people. */
  say(text: string): void
}

/** Replays events and says how far it came, and from where to go on when it did not come to the end. */
export async function runReplay(
  type: string,
  flags: ReplayFlags & Record<string, unknown>,
  { print, say }: ReplayOutput,
): Promise<ReplayResult> {
  const { handler: file, exec, 'keep-going': keepGoing } = flags
  const handler = await eventHandlerOf(exec === undefined ? { handler: file ?? '' } : { exec })
  const signal = interrupted()
  const progress = createProgress()
  let current: string | undefined
  const watched: EventHandler = async (data, context) => {
    current = context.event.entryId
    const result = await handler(data, context)
    if (exec !== undefined && result !== null)
      await print(typeof result === 'string' ? result : JSON.stringify(result))
  }
  const hint = () => {
    progress.end()
    if (current !== undefined)
      say(`To go on where it stopped: agentctl event replay ${type} --from ${current} …`)
  }
  try {
    const result = await withBus(redisOnly, flags, (bus) =>
      bus.replay(type, {
        ...rangeOf(flags),
        handler: watched,
        keepGoing,
        signal,
        onProgress: ({ handled, failed }) => progress.show(summary(handled, failed)),
      }),
    )
    progress.end()
    say(`${summary(result.handled, result.failed)}.`)
    if (result.undecodable > 0) say(`${counted(result.undecodable, 'entry', 'entries')} skipped: no events.`)
    if (signal.aborted) hint()
    return result
  } catch (error) {
    hint()
    throw error
  }
}

function summary(handled: number, failed: number): string {
  return `${counted(handled, 'event')} replayed${failed === 0 ? '' : `, ${failed} failed`}`
}

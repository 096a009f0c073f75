import { type ChannelMessage, listenToChannels } from '../runtime/inspect/index.ts'
import { kernelError } from '../runtime/kernel/index.ts'
import { printable } from '../runtime/platform/log/index.ts'
import { interrupted } from './interrupted.ts'
import { redisOnly } from './streams/stream-flags.ts'
import { withRedis } from './with-redis.ts'

interface Output {
  json: boolean
  /** For people. */
  say(text: string): void
  /** One line of data. */
  print(line: string): Promise<void>
}

/** Prints what is published on the channels until Ctrl-C, or until there were `count` messages. */
export async function runTailChannel(
  names: readonly string[],
  flags: Record<string, unknown>,
  { json, say, print }: Output,
): Promise<void> {
  if (names.length === 0)
    throw kernelError('CONFIG_INVALID', 'no channel is named', {
      field: 'channel',
      fix: "Name channels or patterns, such as `agentctl tail channel 'evaluation:*'`.",
    })
  const signal = interrupted()
  const ready = () => say(`Listening to ${names.map((name) => printable(name)).join(', ')} (Ctrl-C ends)`)
  const most = (flags.count as number | undefined) ?? Number.POSITIVE_INFINITY
  await withRedis(
    redisOnly,
    flags,
    async (redis) => {
      let shown = 0
      for await (const message of listenToChannels(redis, names, signal, ready)) {
        await print(json ? JSON.stringify(toRow(message)) : toLine(message))
        shown += 1
        if (shown >= most) return
      }
    },
    { purpose: 'subscriber', signal },
  )
}

function toLine({ at, channel, message }: ChannelMessage): string {
  return printable(`${at}  ${channel}  ${message}`)
}

/** A message that is JSON is given as such. */
function toRow({ at, channel, message }: ChannelMessage): object {
  try {
    return { at, channel, message: JSON.parse(message) as unknown }
  } catch {
    return { at, channel, message }
  }
}

import { busError, type PublishOptions, type Receipt } from '../../runtime/bus/index.ts'
import { createProgress } from '../progress.ts'
import { counted } from '../run-change.ts'
import { redisOnly } from '../streams/stream-flags.ts'
import { readData, readDataLines } from './event-data.ts'
import { publishOptionsOf } from './event-flags.ts'
import { publishLines } from './publish-lines.ts'
import { withBus } from './with-bus.ts'

export interface RunPublishOptions {
  type: string
  data: string | undefined
  flags: Record<string, unknown> & {
    id?: string | undefined
    'schema-version'?: string | undefined
    'stdin-lines': boolean
    replicas?: number | undefined
  }
  json: boolean
  print(line: string): Promise<void>
  say(text: string): void
}

/** Publishes and prints what became of it. */
export async function runPublish({ type, data, flags, json, print, say }: RunPublishOptions): Promise<void> {
  const { replicas, 'stdin-lines': lines } = flags
  const options: PublishOptions = {
    ...publishOptionsOf(flags),
    ...(replicas === undefined ? {} : { durable: { replicas } }),
  }
  const show = ({ eventId, entryId, duplicate }: Receipt) =>
    print(json ? JSON.stringify({ event_id: eventId, event_type: type, id: entryId, duplicate }) : eventId)

  if (!lines) {
    const value = await readData(data)
    const receipt = await withBus(redisOnly, flags, (bus) => bus.send(type, value, options))
    if (receipt.duplicate) say('It was there already: nothing was added.')
    return show(receipt)
  }
  if (data !== undefined && data !== '-')
    throw busError('EVENT_DATA_INVALID', 'with --stdin-lines the data comes from stdin', { field: 'data' })
  await withBus(redisOnly, flags, async (bus) => {
    const progress = createProgress()
    let count = 0
    try {
      await publishLines(bus, type, readDataLines(), options, async (receipt) => {
        count++
        await show(receipt)
        progress.show(`${counted(count, 'event')} published`)
      })
    } finally {
      progress.end()
      if (process.stderr.isTTY) say(`${counted(count, 'event')} published.`)
    }
  })
}

import { setTimeout as pause } from 'node:timers/promises'
import { createEventBus } from '../../../src/runtime/bus/index.ts'
import type { ProducerOptions } from './options.ts'
import { recorder } from './record.ts'

/** Publishes events with ids of its own until it is told to stop, and records what was acknowledged. */
const options = JSON.parse(process.argv[2] ?? '{}') as ProducerOptions
const { url, type, name, file, timeout, durable } = options
const record = recorder(file)
const bus = createEventBus({ redisUrl: url, name })
let stopping = false
let count = 0

process.on('message', () => {
  stopping = true
})
process.on('disconnect', () => process.exit(1))
process.send?.({ ready: true })
await Promise.all(Array.from({ length: options.inFlight }, publish))
await bus.close()
process.exit(0)

async function publish(): Promise<void> {
  while (!stopping) {
    const n = count++
    const id = `${name}.${n}`
    record({ what: 'try', id })
    try {
      const sending = { eventId: id, timeout, ...(durable ? { durable } : {}) }
      const { entryId, duplicate } = await bus.send(type, { n }, sending)
      record({ what: 'ack', id, entry: entryId, repeat: duplicate })
    } catch (error) {
      const { code = 'none', detail } = error as { code?: string; detail?: string }
      record({ what: 'refused', id, code, reason: detail ?? String(error) })
    }
    await pause(options.pause)
  }
}

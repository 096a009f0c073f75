import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { createEventBus } from '../../../src/runtime/bus/index.ts'
import type { ConsumerOptions } from './options.ts'
import { recorder } from './record.ts'

/** Consumes events and records each it has handled; SIGTERM ends it in order. */
const options = JSON.parse(process.argv[2] ?? '{}') as ConsumerOptions
const { url, type, name, group, lease, concurrency, maxDeliveries, work, suicide } = options
const record = recorder(options.file)
const bus = createEventBus({ redisUrl: url, name })
let begun = 0

if (options.schema) bus.schemas.register(type, '1', z.object({ n: z.number() }))
bus.subscribe(
  type,
  async (_data, { event, delivery }) => {
    const last = ++begun === suicide?.event
    if (last && suicide.when === 'before') die()
    record({ what: 'begin', id: event.eventId, delivery, at: Date.now() })
    if (work > 0) await pause(work)
    record({ what: 'handled', id: event.eventId, delivery, at: Date.now() })
    if (last) die()
  },
  { concurrency, maxDeliveries },
)
process.on('message', async () => {
  process.send?.({ metrics: await bus.metricsText() })
})
process.on('disconnect', () => process.exit(1))
process.once('SIGTERM', async () => {
  await bus.stop()
  await bus.close()
  process.exit(0)
})
await bus.start({ group, consumer: name, lease })
process.send?.({ ready: true })

function die(): void {
  process.kill(process.pid, 'SIGKILL')
}

// Consumes events: one is handled at once, one after a retry, one never. Run it with
//   npx agentctl serve            in another terminal, or set REDIS_URL
//   node examples/events/consumer.ts
// A real consumer goes on for ever; this one ends when it has seen all three.
import { createEventBus, FatalError, RetryableError } from 'agentctl/bus'

interface Parcel {
  parcel: string
  weight: number
}

const bus = createEventBus({ name: 'parcels' })
const sent = new Set<string>()
const done = Promise.withResolvers<void>()

function finished(eventId: string): void {
  sent.delete(eventId)
  if (sent.size === 0) done.resolve()
}

bus.subscribe<Parcel>(
  'parcel.received',
  async ({ parcel, weight }, { event, delivery, signal }) => {
    signal.throwIfAborted() // pass it to `fetch` and the like: it says when the work is in vain
    if (!sent.has(event.eventId)) return // of an earlier run
    if (weight < 0) {
      console.log(`${parcel}: cannot weigh ${weight} kg, and never will`)
      finished(event.eventId)
      throw new FatalError('a parcel cannot weigh less than nothing') // to the dead letters: see `agentctl dlq ls`
    }
    if (weight > 30 && delivery === 1) {
      console.log(`${parcel}: the scales are busy, again in a moment`)
      throw new RetryableError('the scales are busy', { delay: 100 })
    }
    console.log(`${parcel}: ${weight} kg, delivery ${delivery}`)
    finished(event.eventId)
  },
  { concurrency: 5, maxDeliveries: 3 },
)

for (const [parcel, weight] of [
  ['book', 1],
  ['piano', 300],
  ['balloon', -1],
] as const)
  sent.add(await bus.publish('parcel.received', { parcel, weight }))

// Every process that starts with the same group takes a share of the events.
await bus.start({ group: 'scales' })
await done.promise
await bus.stop() // waits for what is under way
await bus.close()
console.log('all three are dealt with')

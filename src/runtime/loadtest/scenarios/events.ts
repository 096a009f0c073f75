import { createWireClient, prepareRequest, type WireRequest } from '../../platform/wire/index.ts'
import type { Operation, Scenario, ScenarioContext } from '../scenario.ts'
import { type Answer, readAnswer } from './answer-reader.ts'
import { causeOfStatus } from './causes.ts'
import { createDeliveries, type Deliveries } from './deliveries.ts'
import { checkOptions, eventsOptions } from './options.ts'
import { ownId } from './own-id.ts'

type Options = ReturnType<typeof checkOptions<typeof eventsOptions>>

/** Bytes of data that are made up where nothing is said. */
const SIZE = 100

/**
 * Events: `POST /events/TYPE`. With the option `consume` each has ended well only once it has come to a client of the live stream,
 * which was opened before the first was published; its latency is still that of the publication.
 */
export const scenario: Scenario = {
  name: 'events',
  series: [
    { name: 'latency', title: 'Publication' },
    { name: 'delivery', title: 'Until it was delivered' },
  ],
  counters: [],
  async open(context) {
    const options = checkOptions(eventsOptions, context.options)
    const deliveries = options.consume ? await createDeliveries(context, options.type) : undefined
    const client = createWireClient({ origin: context.target, connections: context.connections })
    const own = ownId()
    const requestOf = requests(context, options)
    const ready = requestOf()

    return {
      begin(operation) {
        const deadline = context.timeout === 0 ? undefined : operation.due + context.timeout
        const id = deliveries && `load-${own}-${operation.index}`
        const outcome = deliveries && id ? deliveries.expect(id, operation) : plainly(operation)
        client.send(id ? requestOf(id) : ready, readAnswer(published(outcome), outcome.fail), deadline)
      },
      async close() {
        await Promise.all([client.close(), deliveries?.close()])
      },
    }
  },
}

type Outcome = ReturnType<Deliveries['expect']>

function plainly({ succeed, fail }: Operation): Outcome {
  return { published: succeed, fail }
}

function published({ published, fail }: Outcome) {
  return ({ status, body, at }: Answer): void => {
    if (status === 201 || status === 200) published(at)
    else fail(causeOfStatus(status, body))
  }
}

/** With an id, the event has it as its own. */
function requests({ target, headers }: ScenarioContext, { type, data, size }: Options) {
  const body = JSON.stringify(data === undefined ? madeUp(size ?? SIZE) : data)
  return (id?: string): WireRequest =>
    prepareRequest(target, {
      method: 'POST',
      path: `/events/${type}`,
      headers: {
        'content-type': 'application/json',
        ...headers,
        ...(id === undefined ? {} : { 'idempotency-key': id }),
      },
      body,
    })
}

/** Data of so many bytes as JSON, where that is possible. */
function madeUp(size: number): object {
  const around = JSON.stringify({ filler: '' }).length
  return size <= around ? {} : { filler: 'x'.repeat(size - around) }
}

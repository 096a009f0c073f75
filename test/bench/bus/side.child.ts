import { answerParent } from '../support/child.ts'
import { now, sleep } from '../support/clock.ts'
import { cpuUsed } from '../support/usage.ts'
import type { Consumer, ContenderName, Publisher } from './contenders/contender.ts'
import { LOAD } from './contenders/load.ts'
import { publishFast, publishSteadily, type Span } from './publishing.ts'
import { createTally } from './tally.ts'

export interface Open {
  contender: ContenderName
  redisUrl: string
}

export interface Events {
  /** Number of the first one. */
  first: number
  count: number
}

export interface Losses {
  lost: number
  repeated: number
  outstanding: number
}

/** The publisher, the consumer, or both. */
export type SideApi = {
  openPublisher(options: Open): Promise<void>
  publishFast(events: Events): Promise<Span>
  publishSteadily(events: Events & { rate: number }): Promise<number>
  openConsumer(options: Open): Promise<void>
  /** Resolves with the moment at which that many events in all are handled and acknowledged. */
  finish(total: number): Promise<number>
  latency(): { p50: number; p99: number }
  losses(total: number): Promise<Losses>
  cpu(): number
}

/** Without any progress. */
const PATIENCE = 10_000

let publisher: Publisher | undefined
let consumer: Consumer | undefined
const tally = createTally()

const api: SideApi = {
  async openPublisher({ contender, redisUrl }) {
    publisher = await (await LOAD[contender]()).openPublisher(redisUrl)
  },
  publishFast: ({ first, count }) => publishFast(publisher as Publisher, first, count),
  publishSteadily: ({ first, count, rate }) => publishSteadily(publisher as Publisher, first, count, rate),
  async openConsumer({ contender, redisUrl }) {
    consumer = await (await LOAD[contender]()).openConsumer(redisUrl, tally.take)
  },
  async finish(total) {
    await handledAll(total)
    const until = now() + PATIENCE
    // What is missing is told by `losses`.
    while ((await (consumer as Consumer).outstanding()) > 0 && now() < until) await sleep(1)
    return now()
  },
  latency: tally.latency,
  async losses(total) {
    return { ...tally.losses(total), outstanding: await (consumer as Consumer).outstanding() }
  },
  cpu: cpuUsed,
}

async function handledAll(total: number): Promise<void> {
  let before = -1
  let until = 0
  while (tally.handled < total) {
    if (tally.handled !== before) until = now() + PATIENCE
    before = tally.handled
    if (now() > until) throw new Error(`${before} of ${total} events came, and then no more`)
    await sleep(1)
  }
}

answerParent(api, async () => {
  await publisher?.close()
  await consumer?.close()
})

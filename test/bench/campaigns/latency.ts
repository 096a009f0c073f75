import { createEventBus } from '../../../src/runtime/bus/index.ts'
import { BUS_EVENTS, type EventInput } from '../../../src/runtime/campaigns/index.ts'
import { now, sleep } from '../support/clock.ts'
import { percentile } from '../support/statistics.ts'
import { addNaive, prepareNaive, startNaive } from './naive.ts'
import { createDatabase, post, run, type Servers, startService } from './system.ts'
import { campaignsWith, eventsOf } from './workload.ts'

/** Milliseconds. */
export interface Latency {
  p50: number
  p99: number
  events: number
  lost: number
}

export interface LatencyOptions {
  rules: number
  rate: number
  seconds: number
}

/** What the naive one sleeps when nothing was pending, in milliseconds. */
const NAIVE_POLL = 5_000
/** Long enough to meet its poll at every point. */
const NAIVE_SECONDS = 15
const WARM_UP = 100
const PATIENCE = 10_000

/** From sending an event to hearing on the bus that it was processed, at a steady rate that waits for nobody. */
export async function measureLatency(
  { redisUrl, databaseUrl: server }: Servers,
  { rules, rate, seconds }: LatencyOptions,
  round: number,
): Promise<Latency> {
  const databaseUrl = await createDatabase(server, `latency_${round}`)
  const service = await startService({ redisUrl, databaseUrl }, { processors: 1 })
  const bus = createEventBus({ redisUrl, name: 'bench' })
  const heard = new Map<string, number>()
  for (const type of [BUS_EVENTS.processed, BUS_EVENTS.skipped])
    bus.subscribe<EventInput>(
      type,
      ({ event_id: id = '' }) => {
        heard.set(id, now())
      },
      { from: 'new', concurrency: 50 },
    )
  try {
    await bus.start({ group: `bench-${round}` })
    for (const campaign of campaignsWith(rules)) await post(service.url, '/campaigns', campaign)
    const next = eventsOf(round + 1, `latency-${round}`)
    const sent = new Map<string, number>()
    const send = (note: boolean) => {
      const event = next()
      if (note) sent.set(event.event_id, now())
      return post(service.url, '/events', event)
    }
    await steadily(rate, WARM_UP, () => send(false))
    await steadily(rate, rate * seconds, () => send(true))
    for (const until = now() + PATIENCE; now() < until && [...sent.keys()].some((id) => !heard.has(id)); )
      await sleep(50)
    const times = [...sent].flatMap(([id, at]) => (heard.has(id) ? [(heard.get(id) as number) - at] : []))
    return {
      ...{ p50: percentile(times, 0.5), p99: percentile(times, 0.99) },
      ...{ events: sent.size, lost: sent.size - times.length },
    }
  } finally {
    await bus.close()
    await service.stop()
  }
}

/** The same of the naive processor, by the clock of the database: from the row to its end. */
export async function measureNaiveLatency(
  { databaseUrl: server }: Servers,
  { rules, rate }: LatencyOptions,
  round: number,
): Promise<Latency> {
  const url = await createDatabase(server, `naive_latency_${round}`)
  await prepareNaive(url, campaignsWith(rules))
  const naive = await startNaive(url)
  const polling = naive.call('poll', { way: 'kind', every: NAIVE_POLL })
  const next = eventsOf(round + 1, `latency-${round}`)
  await steadily(rate, rate * NAIVE_SECONDS, () => addNaive(url, [next()]))
  await naive.call('stopPolling')
  await polling
  await naive.call('drain', 'kind')
  await naive.stop()
  const rows = await run<{ ms: string | null }>(
    url,
    'SELECT extract(epoch FROM processed_at - registered_at) * 1000 AS ms FROM events',
  )
  const times = rows.flatMap(({ ms }) => (ms === null ? [] : [Number(ms)]))
  return {
    ...{ p50: percentile(times, 0.5), p99: percentile(times, 0.99) },
    ...{ events: rows.length, lost: rows.length - times.length },
  }
}

/** Does something so many times at a rate, whether what was begun before is done or not; waits for all in the end. */
async function steadily(rate: number, times: number, work: () => Promise<unknown>): Promise<void> {
  const began = now()
  const begun: Promise<unknown>[] = []
  for (let i = 0; i < times; i++) {
    await sleep(Math.max(0, began + (i * 1_000) / rate - now()))
    begun.push(work())
  }
  await Promise.all(begun)
}

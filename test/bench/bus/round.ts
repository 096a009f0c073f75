import { type Child, startChild } from '../support/child.ts'
import { now, sleep } from '../support/clock.ts'
import type { PrivateRedis } from '../support/redis.ts'
import { CONTENDERS, type ContenderName } from './contenders/contender.ts'
import { type Cost, costMeter } from './cost.ts'
import type { Settings } from './options.ts'
import type { Losses, SideApi } from './side.child.ts'

export interface RoundOptions extends Settings {
  contender: ContenderName
  redis: PrivateRedis
  repeat: number
}

/** What one contender did in one repeat. */
export interface Round {
  contender: ContenderName
  repeat: number
  publish: Throughput
  endToEnd: Throughput
  latency: Latency
  losses: Losses
}

export interface Throughput {
  events: number
  /** A second. */
  rate: number
  cost: Cost
}

/** Milliseconds. */
export interface Latency {
  p50: number
  p99: number
  /** By which the publisher was late, 99th percentile. */
  lag: number
}

/** Events a second at which the latency is measured: far from what anybody's limit is. */
export const STEADY_RATE = 500
const WARM_UP = 2_000
const WARM_UP_EVENTS = 1_000
/** A repetition may still follow. */
const SETTLE = 250

type Side = Child<SideApi>

/** Publishes to nobody; then, with Redis emptied and in new processes, to a consumer. */
export async function runRound(options: RoundOptions): Promise<Round> {
  const { contender, repeat } = options
  const publish = await measurePublishing(options)
  return { contender, repeat, publish, ...(await measureEndToEnd(options)) }
}

async function measurePublishing({ contender, redis, ...options }: RoundOptions): Promise<Throughput> {
  await redis.admin.flushall()
  const publisher = startSide()
  try {
    await publisher.call('openPublisher', { contender, redisUrl: redis.url })
    let first = 0
    const run = async (count: number): Promise<number> => {
      const { from, to } = await publisher.call('publishFast', { first, count })
      first += count
      return (1_000 * count) / (to - from)
    }
    const events = howMany(await warmUp(run), options)
    const meter = await costMeter(redis, { publisher })
    const rate = await run(events)
    return { events, rate, cost: await meter(events) }
  } finally {
    await publisher.stop()
  }
}

async function measureEndToEnd({ contender, redis, together, ...options }: RoundOptions) {
  await redis.admin.flushall()
  const consumer = startSide()
  const publisher = together ? consumer : startSide()
  try {
    await consumer.call('openConsumer', { contender, redisUrl: redis.url })
    await publisher.call('openPublisher', { contender, redisUrl: redis.url })
    let total = 0
    const run = async (count: number): Promise<number> => {
      const first = total
      total += count
      const published = publisher.call('publishFast', { first, count })
      const [{ from }, to] = await Promise.all([published, consumer.call('finish', total)])
      return (1_000 * count) / (to - from)
    }
    const events = howMany(await warmUp(run), options)
    const meter = await costMeter(redis, together ? { publisher } : { publisher, consumer })
    const rate = await run(events)
    const endToEnd: Throughput = { events, rate, cost: await meter(events) }
    const latency = await measureLatency(publisher, consumer, total, options.seconds)
    total += options.seconds * STEADY_RATE
    await consumer.call('finish', total)
    await sleep(SETTLE)
    return { endToEnd, latency, losses: await consumer.call('losses', total) }
  } finally {
    await Promise.all([publisher.stop(), together || consumer.stop()])
  }
}

async function measureLatency(publisher: Side, consumer: Side, first: number, seconds: number) {
  await consumer.call('latency') // forgets what came before
  const count = seconds * STEADY_RATE
  const published = publisher.call('publishSteadily', { first, count, rate: STEADY_RATE })
  const [lag] = await Promise.all([published, consumer.call('finish', first + count)])
  return { ...(await consumer.call('latency')), lag }
}

function startSide(): Side {
  return startChild<SideApi>(new URL('./side.child.ts', import.meta.url))
}

/** Until everything is compiled. Returns the last rate. */
async function warmUp(run: (count: number) => Promise<number>): Promise<number> {
  const until = now() + WARM_UP
  let rate: number
  do rate = await run(WARM_UP_EVENTS)
  while (now() < until)
  return rate
}

function howMany(rate: number, { events, seconds }: Pick<Settings, 'events' | 'seconds'>): number {
  return events ?? Math.max(WARM_UP_EVENTS, Math.ceil((rate * seconds) / 1_000) * 1_000)
}

/** Every event is to be handled once and acknowledged; empty when all were. */
export function mistakes({ contender, repeat, losses }: Round): string[] {
  const { lost, repeated, outstanding } = losses
  if (lost + repeated + outstanding === 0) return []
  const what = `${lost} events lost, ${repeated} repeated, ${outstanding} not acknowledged`
  return [`${CONTENDERS[contender].title}, repeat ${repeat + 1}: ${what}`]
}

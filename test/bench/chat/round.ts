import { monitorEventLoopDelay } from 'node:perf_hooks'
import { startChild } from '../support/child.ts'
import { now, sleep } from '../support/clock.ts'
import type { PrivateRedis } from '../support/redis.ts'
import { percentile } from '../support/statistics.ts'
import { cpuUsed, type Memory } from '../support/usage.ts'
import { type Clients, openClients } from './clients.ts'
import type { ProducerApi } from './producer.child.ts'
import type { RelayApi } from './relay.child.ts'
import { RELAYS, type RelayName } from './relays/relay.ts'

export interface RoundOptions {
  relay: RelayName
  clients: number
  /** Length of the window that is measured. */
  seconds: number
  redis: PrivateRedis
}

/** What one relay did in one window. Times in milliseconds, processors in percent of one core. */
export interface Round {
  relay: RelayName
  p50: number
  p99: number
  lost: number
  repeated: number
  /** Before the clients came. */
  memoryBefore: Memory
  memoryWith: Memory
  redisConnections: number
  relayCpu: number
  redisCpu: number
  /** The part of it that writing the messages takes, with nobody there to read them. */
  writingCpu: number
  /** How far the measuring side was from its limits. */
  clientCpu: number
  /** Milliseconds by which the clients' event loop was late, 99th percentile. */
  clientDelay: number
  producerCpu: number
  producerLag: number
  /** Messages a second that were received from the window. */
  rate: number
}

const WARM_UP = 3_000
/** How long the producer writes before the clients come, and from when on that is measured. */
const ALONE = 3_000
const ALONE_FROM = 1_000
/** After the window, so that taking stock does not delay messages that count. */
const SETTLE = 250
const DRAIN_TIMEOUT = 5_000
const FEW = 20

/** Runs one relay with its own producer and all clients. Redis is emptied first. */
export async function runRound({
  relay: name,
  clients: count,
  seconds,
  redis,
}: RoundOptions): Promise<Round> {
  await redis.admin.flushall()
  const producer = startChild<ProducerApi>(new URL('./producer.child.ts', import.meta.url))
  const relay = startChild<RelayApi>(new URL('./relay.child.ts', import.meta.url))
  let clients: Clients | undefined
  try {
    await producer.call('open', { sink: RELAYS[name].sink, redisUrl: redis.url, streams: count })
    const others = await redis.connections()
    const { url } = await relay.call('start', { relay: name, redisUrl: redis.url })
    await warmUp(url)
    const memoryBefore = await relay.call('memory')
    await producer.call('begin')
    const writingCpu = await measureWriting(redis)
    clients = await openClients(url, count)
    await sleep(WARM_UP)

    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const before = await processorTimes()
    await sleep(seconds * 1_000)
    const after = await processorTimes()
    delay.disable()
    await sleep(SETTLE)
    const memoryWith = await relay.call('memory')
    const redisConnections = [...(await redis.connections())].filter((id) => !others.has(id)).length

    const { counts, lag } = await producer.call('end')
    await drain(clients, counts)
    const latencies = clients.tally.latencies(before.at, after.at)
    const share = (key: 'relay' | 'redis' | 'client' | 'producer') =>
      (100 * (after[key] - before[key])) / (after.at - before.at)
    return {
      relay: name,
      p50: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99),
      ...clients.tally.losses(counts),
      memoryBefore,
      memoryWith,
      redisConnections,
      relayCpu: share('relay'),
      redisCpu: share('redis'),
      writingCpu,
      clientCpu: share('client'),
      clientDelay: delay.percentile(99) / 1e6 - 1, // it counts its own interval of 1 ms
      producerCpu: share('producer'),
      producerLag: lag,
      rate: (1_000 * latencies.length) / (after.at - before.at),
    }
  } finally {
    await clients?.close()
    await Promise.all([relay.stop(), producer.stop()])
  }

  async function processorTimes() {
    const [relayTime, redisTime, producerTime] = await Promise.all([
      relay.call('cpu'),
      redis.cpuUsed(),
      producer.call('cpu'),
    ])
    return { at: now(), relay: relayTime, redis: redisTime, producer: producerTime, client: cpuUsed() }
  }
}

/** A few clients come and go, so that code loaded or compiled for the first one is not charged to all. */
async function warmUp(url: string): Promise<void> {
  const few = await openClients(url, FEW)
  await few.close()
  await sleep(SETTLE)
}

async function measureWriting(redis: PrivateRedis): Promise<number> {
  await sleep(ALONE_FROM)
  const [from, before] = [now(), await redis.cpuUsed()]
  await sleep(ALONE - ALONE_FROM)
  return (100 * ((await redis.cpuUsed()) - before)) / (now() - from)
}

/** Waits for what is under way; what has not come after seconds is lost. */
async function drain({ tally }: Clients, counts: readonly number[]): Promise<void> {
  const until = now() + DRAIN_TIMEOUT
  while (!tally.complete(counts) && now() < until) await sleep(20)
  await sleep(SETTLE) // a repetition may still follow
}

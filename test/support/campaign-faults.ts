import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { request } from 'undici'
import { createEventBus } from '../../src/runtime/bus/index.ts'
import { type Batch, BUS_EVENTS, type Campaign } from '../../src/runtime/campaigns/index.ts'
import type { PlacedCampaign } from './campaign-oracle.ts'
import type { ScenarioCampaign, ScenarioEvent } from './campaign-scenario.ts'
import { eventually } from './program.ts'

const CHILD = fileURLToPath(new URL('campaigns.child.ts', import.meta.url))
const AUTHORIZATION = `Basic ${Buffer.from('admin:your_password').toString('base64')}`

/** The campaigns service, or a processor, as a process of its own. */
export interface CampaignsProcess {
  url: string
  pid: number
  /** Ends it as a crash would. */
  kill(): Promise<void>
  /** Ends it in order. */
  stop(): Promise<void>
}

export async function startCampaignsProcess(
  name: string,
  options: Record<string, unknown>,
): Promise<CampaignsProcess> {
  const child = fork(CHILD, [JSON.stringify({ name, options: { port: 0, ...options } })], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  const ready = await Promise.race([once(child, 'message'), exited.then(() => undefined)])
  if (!Array.isArray(ready)) throw new Error(`${name} has ended with ${child.exitCode}`)
  return {
    url: (ready[0] as { url: string }).url,
    pid: child.pid as number,
    kill: () => end(child, 'SIGKILL', exited),
    stop: () => end(child, 'SIGTERM', exited),
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals, exited: Promise<unknown>): Promise<void> {
  child.kill(signal)
  await exited
}

export interface CampaignsAnswer<T> {
  status: number
  body: T
}

/** Asks the service; rejects when there is no answer. */
export async function ask<T>(base: string, path: string, body?: unknown): Promise<CampaignsAnswer<T>> {
  const response = await request(new URL(path, base), {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: AUTHORIZATION,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? null : JSON.stringify(body),
    bodyTimeout: 20_000,
    headersTimeout: 20_000,
  })
  return { status: response.statusCode, body: (await response.body.json()) as T }
}

/** Makes the campaigns, once the tables are there; resolves with the ids they have got. */
export async function placeCampaigns(
  base: string,
  campaigns: readonly ScenarioCampaign[],
): Promise<PlacedCampaign[]> {
  await eventually(async () => (await ask(base, '/ready')).status === 200)
  const placed: PlacedCampaign[] = []
  for (const campaign of campaigns) {
    const rules = campaign.rules.map(({ matches: _, ...rule }) => rule)
    const { status, body } = await ask<Campaign>(base, '/campaigns', { ...campaign, rules })
    if (status !== 201) throw new Error(`${campaign.name} was refused: ${JSON.stringify(body)}`)
    const idOf = (name: string) => body.rules.find((rule) => rule.name === name)?.rule_id as number
    const rule_ids = campaign.rules.map(({ name }) => idOf(name))
    placed.push({ ...campaign, campaign_id: body.campaign_id, rule_ids })
  }
  return placed
}

/** Milliseconds after which a batch that nobody acknowledges counts as refused. */
const PATIENCE = 90_000
const RETRY_PAUSE = 100

export interface Registering {
  /** How many are acknowledged. */
  readonly acknowledged: number
  /** Resolves when all are. */
  done: Promise<{ repeats: number; known: number }>
}

/** One batch in so many is sent once more after it was acknowledged. */
const ONCE_MORE = 10

/**
 * Registers events in batches, several at a time, each again until it is acknowledged, as a client would; and some of them
 * although they were.
 */
export function startRegistering(
  base: string,
  events: readonly ScenarioEvent[],
  { size, clients, rest = 0 }: { size: number; clients: number; rest?: number },
): Registering {
  let [next, acknowledged, repeats, known] = [0, 0, 0, 0]

  async function register(batch: readonly ScenarioEvent[]): Promise<Batch> {
    const deadline = Date.now() + PATIENCE
    for (;;) {
      const answer = await ask<Batch>(base, '/events/batch', { events: batch }).catch((error) => error)
      if (answer?.status === 200) {
        if (answer.body.failed > 0) throw new Error(`refused: ${JSON.stringify(answer.body).slice(0, 500)}`)
        known += answer.body.known
        return answer.body
      }
      if (Date.now() > deadline) throw new Error(`never acknowledged: ${JSON.stringify(answer)}`)
      if (answer?.status !== undefined && answer.status !== 503 && answer.status !== 504)
        throw new Error(`refused: ${JSON.stringify(answer)}`)
      repeats += 1
      await pause(RETRY_PAUSE)
    }
  }

  async function client(): Promise<void> {
    while (next < events.length) {
      const batch = events.slice(next, next + size)
      next += size
      await register(batch)
      acknowledged += batch.length
      if ((next / size) % ONCE_MORE === 0 && (await register(batch)).known !== batch.length)
        throw new Error('what was acknowledged is not known')
      if (rest > 0) await pause(rest)
    }
  }

  const done = Promise.all(Array.from({ length: clients }, client)).then(() => ({ repeats, known }))
  done.catch(() => {})
  return {
    get acknowledged() {
      return acknowledged
    },
    done,
  }
}

export interface Hearing {
  /** Events of the campaigns that the bus has told the end of, and how often. */
  ended: Map<string, number>
  /** Earnings it has told of. */
  earnings: Set<string>
  close(): Promise<void>
}

/** Hears what the bus tells of processing, from the beginning, and through a Redis that is away for a while. */
export async function hearCampaigns(redisUrl: string): Promise<Hearing> {
  const bus = createEventBus({ redisUrl, name: 'hearing', hardCap: 1_000_000 })
  const ended = new Map<string, number>()
  const earnings = new Set<string>()
  for (const type of [BUS_EVENTS.processed, BUS_EVENTS.skipped, BUS_EVENTS.failed]) {
    bus.subscribe<{ event_id: string }>(
      type,
      ({ event_id: id }) => {
        ended.set(id, (ended.get(id) ?? 0) + 1)
      },
      { concurrency: 100 },
    )
  }
  bus.subscribe<{ event_id: string; rule_id: number }>(
    BUS_EVENTS.earning,
    ({ event_id: id, rule_id: rule }) => {
      earnings.add(`${id} ${rule}`)
    },
    { concurrency: 100 },
  )
  await bus.start({ group: 'hearing' })
  return { ended, earnings, close: () => bus.close() }
}

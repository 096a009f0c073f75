import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../src/runtime/platform/process/index.ts'
import {
  type CampaignsProcess,
  hearCampaigns,
  placeCampaigns,
  startCampaignsProcess,
  startRegistering,
} from '../support/campaign-faults.ts'
import { judgeBooks, readBooks } from '../support/campaign-judge.ts'
import { campaignsFor, makeEvent } from '../support/campaign-scenario.ts'
import { watchBudgets } from '../support/campaign-watch.ts'
import { type Chance, chanceFor, SEED } from '../support/faults.ts'
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts'
import { eventually } from '../support/program.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'
import { queryRows } from '../support/storage-role.ts'

/** All of them in `npm run test:faults`; fewer, over the same faults, where there are other tests to run. */
const EVENTS = Number(
  process.env.AGENTCTL_FAULT_EVENTS ?? (process.env.npm_lifecycle_event === 'test:faults' ? 100_000 : 10_000),
)
const PROCESSORS = 4
const LEASE = 2_000
/** Events of one batch, and milliseconds between two: so that the faults find work under way. */
const SIZE = EVENTS / 200
const REST = 120

let postgres: TestPostgres
let redis: TestRedis
let service: CampaignsProcess
const processors: CampaignsProcess[] = []
let shared: Record<string, unknown>
let port: number

beforeAll(async () => {
  postgres = await startTestPostgres()
  redis = await startTestRedis(false)
  port = await freePort()
  shared = { databaseUrl: postgres.url, redisUrl: redis.url, lease: LEASE, poll: 500, maxAttempts: 100 }
  service = await startService()
  for (let i = 0; i < PROCESSORS; i++) processors.push(await startProcessor(i))
})

afterAll(async () => {
  await Promise.all([service, ...processors].map((each) => each?.kill()))
  await redis?.close()
  await postgres?.close()
})

const startService = () => startCampaignsProcess('campaigns-1', { ...shared, port, processors: 0 })
const startProcessor = (i: number) =>
  startCampaignsProcess(`campaigns-${i + 2}`, { ...shared, processors: 1, batch: 200 })

async function pending(): Promise<number> {
  const [row] = await queryRows<{ n: number }>(
    postgres.url,
    `SELECT count(*) AS n FROM events WHERE status = 'pending'`,
  )
  return row?.n ?? Number.NaN
}

/** Kills one processor after the other and starts another in its place, until told to end. */
function startKilling({ between, pick }: Chance, signal: AbortSignal) {
  /** Those that are not up, or stopped. */
  const absent = new Set<number>()
  const starting: Promise<void>[] = []
  let kills = 0
  const choose = () => pick(processors.map((_, i) => i).filter((i) => !absent.has(i)))

  async function replace(i: number): Promise<void> {
    absent.add(i)
    await processors[i]?.kill()
    processors[i] = await startProcessor(i)
    absent.delete(i)
  }

  const killing = (async () => {
    while (!signal.aborted) {
      await pause(between(100, 800))
      // One is left alone, or nothing would come to an end.
      if (absent.size >= PROCESSORS - 1) continue
      kills += 1
      starting.push(replace(choose()))
    }
    await Promise.all(starting)
    return kills
  })()
  killing.catch(() => {})
  return {
    /** Stops one for longer than its lease: it goes on in the belief that its batch is still its own. */
    async freeze(): Promise<void> {
      await eventually(() => absent.size < PROCESSORS)
      const i = choose()
      absent.add(i)
      const { pid } = processors[i] as CampaignsProcess
      process.kill(pid, 'SIGSTOP')
      await pause(LEASE + between(500, 1_500))
      process.kill(pid, 'SIGCONT')
      absent.delete(i)
    },
    end: () => killing,
  }
}

it(`${EVENTS} events while everything is killed in turn: every one ends, and earns exactly what it should`, async () => {
  const chance = chanceFor('campaigns')
  const placed = await placeCampaigns(service.url, campaignsFor(EVENTS))
  const events = Array.from({ length: EVENTS }, (_, n) => makeEvent(`order-${n}`, chance))
  const hearing = await hearCampaigns(redis.url)
  const watch = watchBudgets(postgres.url, 300)
  const stopping = new AbortController()
  const began = Date.now()
  try {
    const killing = startKilling(chanceFor('campaigns-kills'), stopping.signal)
    const registering = startRegistering(service.url, events, { size: SIZE, clients: 2, rest: REST })
    const reached = (share: number) =>
      Promise.race([
        eventually(() => registering.acknowledged >= EVENTS * share, 300_000),
        registering.done.then(() => {}),
      ])
    await reached(0.1)
    await killing.freeze()
    await reached(0.3)
    await postgres.kill()
    await pause(chance.between(500, 2_000))
    await postgres.start()
    await reached(0.5)
    await redis.kill()
    await pause(chance.between(1_000, 3_000))
    await redis.start()
    await reached(0.7)
    await service.kill()
    service = await startService()
    const { repeats, known } = await registering.done
    let left = EVENTS
    await eventually(
      async () => {
        left = await pending().catch(() => left)
        return left === 0
      },
      300_000,
      () => `${left} are pending`,
    )
    stopping.abort()
    const kills = await killing.end()
    const took = Date.now() - began

    await eventually(
      async () => hearing.ended.size === EVENTS,
      60_000,
      () => `told of ${hearing.ended.size}`,
    )
    await eventually(async () => (await readBooks(postgres.url)).ends.every(({ announced }) => announced))
    const books = await readBooks(postgres.url)
    const verdict = judgeBooks(books, placed, events)
    const { looks, wrong } = await watch.end()
    expect(wrong).toEqual([])
    expect(looks).toBeGreaterThan(5)
    expect([...hearing.ended.values()].filter((times) => times !== 1)).toEqual([])
    await eventually(
      () => hearing.earnings.size === books.entries.length,
      60_000,
      () => `told of ${hearing.earnings.size} earnings of ${books.entries.length}`,
    )
    process.stderr.write(
      `[AGENTCTL_FAULT_SEED=${SEED}] campaigns: ${JSON.stringify({ ...verdict, kills, repeats, known, looks, seconds: Math.round(took / 1_000) })}\n`,
    )
  } finally {
    stopping.abort()
    await watch.end()
    await hearing.close()
  }
}, 900_000)

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  ask,
  type CampaignsProcess,
  type Hearing,
  hearCampaigns,
  placeCampaigns,
  startCampaignsProcess,
} from '../support/campaign-faults.ts'
import { judgeBooks, readBooks } from '../support/campaign-judge.ts'
import type { PlacedCampaign } from '../support/campaign-oracle.ts'
import { campaignsFor, makeEvent, type ScenarioEvent } from '../support/campaign-scenario.ts'
import { startTestCampaigns } from '../support/campaigns.ts'
import { chanceFor, SEED } from '../support/faults.ts'
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts'
import { eventually } from '../support/program.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'
import { queryRows } from '../support/storage-role.ts'
import { type Moment, startWireProxy } from '../support/wire-proxy.ts'

/** Events of one batch: enough for every kind of end. */
const BATCH = 60

let database: TestDatabase
let redis: TestRedis
let service: CampaignsProcess
let placed: PlacedCampaign[]
let hearing: Hearing
const chance = chanceFor('campaign-kill-points')
const events: ScenarioEvent[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  redis = await startTestRedis()
  service = await startCampaignsProcess('campaigns-1', { ...addresses(), processors: 0 })
  placed = await placeCampaigns(service.url, campaignsFor(1_000))
  hearing = await hearCampaigns(redis.url)
})

afterAll(async () => {
  await hearing?.close()
  await service?.stop()
  await redis?.close()
  await database?.drop()
})

const addresses = () => ({ databaseUrl: database.url, redisUrl: redis.url })
const OPTIONS = { processors: 1, lease: 1_000, poll: 300, maxAttempts: 100 }
const startProcessor = (more: Record<string, unknown>) =>
  startCampaignsProcess('campaigns-2', { ...addresses(), ...OPTIONS, ...more })

async function registerBatch(): Promise<void> {
  const batch = Array.from({ length: BATCH }, (_, i) => makeEvent(`order-${events.length + i}`, chance))
  const { status, body } = await ask(service.url, '/events/batch', { events: batch })
  expect([status, body]).toMatchObject([200, { registered: BATCH }])
  events.push(...batch)
}

/** Has a processor killed at a moment of its work on a batch. */
async function killAt(server: 'databaseUrl' | 'redisUrl', moment: Moment): Promise<void> {
  await registerBatch()
  const proxy = await startWireProxy(addresses()[server])
  let doomed: CampaignsProcess | undefined
  try {
    const stopped = proxy.stopAt(moment)
    doomed = await startProcessor({ [server]: proxy.url })
    await stopped
  } finally {
    await doomed?.kill()
    await proxy.close()
  }
}

/** Lets a processor that nobody disturbs bring everything to its end, and compares that with what should be. */
async function finish(title: string): Promise<void> {
  const unfinished = `SELECT 1 FROM events WHERE status = 'pending' OR NOT announced`
  const healthy = await startTestCampaigns({ redis, databaseUrl: database.url, options: OPTIONS })
  try {
    await eventually(async () => (await queryRows(database.url, unfinished)).length === 0, 60_000)
  } finally {
    await healthy.close()
  }
  const books = await readBooks(database.url)
  const verdict = judgeBooks(books, placed, events)
  const told = () => `told of ${hearing.ended.size} of ${events.length}, ${hearing.earnings.size} earnings`
  await eventually(() => hearing.ended.size === events.length, 30_000, told)
  await eventually(() => hearing.earnings.size === books.entries.length, 30_000, told)
  expect([...hearing.ended.values()].filter((times) => times !== 1)).toEqual([])
  process.stderr.write(`[AGENTCTL_FAULT_SEED=${SEED}] ${title}: ${JSON.stringify(verdict)}\n`)
}

const CLAIM = /WITH due AS/
const WRITE = /WITH ended AS/
const MARK = /set "announced" = /
const ANNOUNCEMENT = /event\.(processed|skipped)/

const STEPS: readonly [string, 'databaseUrl' | 'redisUrl', Moment][] = [
  ['before it claims', 'databaseUrl', { command: CLAIM, when: 'before' }],
  ['after the claim, of which it has not heard yet', 'databaseUrl', { command: CLAIM, when: 'after' }],
  ['before it knows the rules', 'databaseUrl', { command: /FROM campaign_rule_set s/, when: 'before' }],
  ['after matching', 'databaseUrl', { command: /begin/i, following: CLAIM, when: 'before' }],
  ['with its events locked', 'databaseUrl', { command: /from "campaigns" .*for no key/s, when: 'before' }],
  ['with the budgets locked', 'databaseUrl', { command: WRITE, when: 'before' }],
  ['with everything written but not committed', 'databaseUrl', { command: WRITE, when: 'after' }],
  ['before the commit', 'databaseUrl', { command: /commit/i, following: WRITE, when: 'before' }],
  [
    'after the commit, of which it has not heard yet',
    'databaseUrl',
    { command: /commit/i, following: WRITE, when: 'after' },
  ],
  ['after the commit, before it announces', 'redisUrl', { command: ANNOUNCEMENT, when: 'before' }],
  ['after it has announced some', 'redisUrl', { command: ANNOUNCEMENT, when: 'after' }],
  ['after announcing, before it notes that', 'databaseUrl', { command: MARK, when: 'before' }],
  ['after it has noted that', 'databaseUrl', { command: MARK, when: 'after' }],
]

describe('a processor killed with SIGKILL: each event ends once, earns what it should, and is told of', () => {
  it.each(STEPS)('%s', async (title, server, moment) => {
    await killAt(server, moment)
    await finish(`killed ${title}`)
  })
})

describe('a processor that was cut off while it worked', () => {
  /** Has one cut off, the other do its work, and the first go on. */
  async function cutOff(moment: Moment): Promise<void> {
    await registerBatch()
    const proxy = await startWireProxy(database.url)
    let lost: CampaignsProcess | undefined
    try {
      const stopped = proxy.stopAt(moment)
      lost = await startProcessor({ databaseUrl: proxy.url })
      await stopped
      await finish('cut off')
      const before = await readBooks(database.url)
      proxy.release()
      await registerBatch()
      await finish('cut off, and back')
      const after = await readBooks(database.url)
      expect(after.entries).toEqual(expect.arrayContaining(before.entries))
    } finally {
      await lost?.kill()
      await proxy.close()
    }
  }

  it('with its batch decided, finds it taken over when it is back', () =>
    cutOff({ command: /begin/i, following: CLAIM, when: 'before' }))

  it('in the middle of its transaction, holds nobody up for long', () =>
    cutOff({ command: WRITE, when: 'before' }))
})

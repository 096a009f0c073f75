import type { Batch } from '../../../src/runtime/campaigns/index.ts'
import { now, sleep } from '../support/clock.ts'
import type { Naive } from './naive.child.ts'
import { addNaive, prepareNaive, startNaive } from './naive.ts'
import { createDatabase, post, run, type Servers, startService } from './system.ts'
import { type BenchEvent, campaignsWith, eventsOf } from './workload.ts'

export interface Processing {
  /** Events a second; `told` until the bus has heard of all. */
  ours: number
  told: number
  plain: number
  kind: number
  earningsPerEvent: number
  /** Events that the contenders have given different earnings. */
  different: number
}

export interface ProcessingOptions {
  events: number
  naiveEvents: number
  rules: number
  processors: number
}

const CHUNK = 500
const SEED = 7

/** Events a second that a backlog is worked off with: by agentctl, and by two processors as one would write them at first. */
export async function measureProcessing(
  { redisUrl, databaseUrl: server }: Servers,
  { events, naiveEvents, rules, processors }: ProcessingOptions,
  round: number,
): Promise<Processing> {
  const campaigns = campaignsWith(rules)
  const databaseUrl = await createDatabase(server, `ours_${round}`)
  const filling = await startService({ redisUrl, databaseUrl }, { processors: 0 })
  for (const campaign of campaigns) await post(filling.url, '/campaigns', campaign)
  await eachChunk(events, (chunk) => post<Batch>(filling.url, '/events/batch', { events: chunk }))
  await filling.stop()

  const working = await startService({ redisUrl, databaseUrl }, { processors })
  await until(databaseUrl, `status <> 'pending'`)
  const ours = await rateOf(databaseUrl, 'max(processed_at)')
  await until(databaseUrl, 'announced')
  const told = await rateOf(databaseUrl, 'clock_timestamp()')
  await working.stop()

  const naive = { plain: 0, kind: 0 }
  let different = 0
  for (const way of Object.keys(naive) as Naive[]) {
    const url = await createDatabase(server, `${way}_${round}`)
    await prepareNaive(url, campaigns)
    await eachChunk(naiveEvents, (chunk) => addNaive(url, chunk))
    const child = await startNaive(url)
    const began = now()
    await child.call('drain', way)
    naive[way] = (naiveEvents * 1_000) / (now() - began)
    await child.stop()
    different += await differences(databaseUrl, url)
  }
  const [{ n } = { n: 0 }] = await run<{ n: number }>(databaseUrl, 'SELECT count(*) AS n FROM earnings')
  return { ours, told, ...naive, earningsPerEvent: n / events, different }
}

async function eachChunk(count: number, send: (chunk: BenchEvent[]) => Promise<unknown>): Promise<void> {
  const next = eventsOf(SEED, 'backlog')
  for (let sent = 0; sent < count; sent += CHUNK)
    await send(Array.from({ length: Math.min(CHUNK, count - sent) }, next))
}

/** Looks seldom: it would take the time from those it looks at. */
async function until(url: string, condition: string): Promise<void> {
  while ((await run(url, `SELECT 1 FROM events WHERE NOT (${condition}) LIMIT 1`)).length > 0)
    await sleep(100)
}

/** From the end of the first batch: without the start of the process. */
async function rateOf(url: string, end: string): Promise<number> {
  const [row] = await run<{ rate: string }>(
    url,
    `SELECT count(*) FILTER (WHERE processed_at > first) / extract(epoch FROM ${end} - min(processed_at)) AS rate
     FROM events, (SELECT min(processed_at) AS first FROM events) f`,
  )
  return Number(row?.rate)
}

/** Of the events that both have processed, those that have not earned by the same rules. */
async function differences(ours: string, naive: string): Promise<number> {
  const query = `SELECT event_id, status, json_agg(rule_id ORDER BY rule_id) AS rules
    FROM events LEFT JOIN earnings USING (event_id) GROUP BY event_id, status`
  const expected = new Map<string, string>()
  for (const { event_id, ...rest } of await run<{ event_id: string }>(ours, query))
    expected.set(event_id, JSON.stringify(rest))
  const theirs = await run<{ event_id: string }>(naive, query)
  return theirs.filter(({ event_id, ...rest }) => expected.get(event_id) !== JSON.stringify(rest)).length
}

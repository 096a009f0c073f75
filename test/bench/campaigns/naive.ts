import { startChild } from '../support/child.ts'
import type { NaiveApi } from './naive.child.ts'
import { run } from './system.ts'
import type { BenchEvent, campaignsWith } from './workload.ts'

const TABLES = [
  `CREATE TABLE campaigns (campaign_id int PRIMARY KEY, status text NOT NULL)`,
  `CREATE TABLE rules (rule_id int PRIMARY KEY, campaign_id int NOT NULL, conditions json NOT NULL, priority int NOT NULL,
    percent numeric NOT NULL, active boolean NOT NULL)`,
  `CREATE TABLE events (event_id text PRIMARY KEY, user_id text, merchant_id text, amount numeric, data json NOT NULL,
    status text NOT NULL DEFAULT 'pending', matched_rule_id int, registered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    processed_at timestamptz)`,
  // What the naive one would have forgotten.
  `CREATE INDEX events_pending ON events (registered_at) WHERE status = 'pending'`,
  `CREATE TABLE earnings (earning_id bigserial PRIMARY KEY, event_id text NOT NULL REFERENCES events, rule_id int NOT NULL,
    campaign_id int NOT NULL, user_id text, amount numeric NOT NULL, created_at timestamptz NOT NULL DEFAULT now())`,
]

/** The same campaigns in the naive processor's tables; rules are numbered as the service numbers them. */
export async function prepareNaive(url: string, campaigns: ReturnType<typeof campaignsWith>): Promise<void> {
  for (const table of TABLES) await run(url, table)
  let ruleId = 0
  for (const [c, { rules }] of campaigns.entries()) {
    await run(url, `INSERT INTO campaigns VALUES (${c + 1}, 'active')`)
    for (const { conditions, priority, reward } of rules) {
      ruleId += 1
      const json = JSON.stringify(conditions).replaceAll("'", "''")
      await run(
        url,
        `INSERT INTO rules VALUES (${ruleId}, ${c + 1}, '${json}', ${priority}, ${reward.percent}, true)`,
      )
    }
  }
}

/** Puts events where they wait, by one statement. */
export async function addNaive(url: string, events: readonly BenchEvent[]): Promise<void> {
  const json = JSON.stringify(events).replaceAll("'", "''")
  await run(
    url,
    `INSERT INTO events (event_id, user_id, merchant_id, amount, data)
      SELECT event_id, user_id, merchant_id, amount, data FROM json_to_recordset('${json}')
        AS e (event_id text, user_id text, merchant_id text, amount numeric, data json)`,
  )
}

export async function startNaive(url: string) {
  const child = startChild<NaiveApi>(new URL('./naive.child.ts', import.meta.url))
  await child.call('open', url)
  return child
}

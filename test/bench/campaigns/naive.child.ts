import pg from 'pg'
import siftModule from 'sift'
import { answerParent } from '../support/child.ts'
import { sleep } from '../support/clock.ts'

interface Pending {
  event_id: string
  user_id: string
  merchant_id: string
  amount: string
  data: Record<string, unknown>
}

interface Rule {
  rule_id: number
  campaign_id: number
  conditions: Record<string, unknown>
  percent: string
}

/** What a rule is asked with, made when it was read. */
type Question = Rule & { matches(document: object): boolean }

// Of its two faces for importers, TypeScript sees one and Node the other; this is there in both.
const { default: sift } = siftModule

/** How it goes about it: as one would write it at first, or with rules read once a look and one transaction for each event. */
export type Naive = 'plain' | 'kind'

let client: pg.Client
let polling = true

const PENDING = `SELECT * FROM events WHERE status = 'pending' ORDER BY registered_at LIMIT 100`
const RULES = `SELECT r.rule_id, r.campaign_id, r.conditions, r.percent FROM rules r JOIN campaigns c USING (campaign_id)
  WHERE c.status = 'active' AND r.active ORDER BY c.campaign_id, r.priority DESC, r.rule_id`
const EARN = `INSERT INTO earnings (event_id, rule_id, campaign_id, user_id, amount) VALUES ($1, $2, $3, $4, $5)`
const END = `UPDATE events SET status = $2, matched_rule_id = $3, processed_at = now() WHERE event_id = $1`

async function readRules(): Promise<Question[]> {
  const { rows } = await client.query<Rule>(RULES)
  return rows.map((rule) => ({ ...rule, matches: sift(rule.conditions) }))
}

/** The first rule of each campaign that matches. */
function matching(event: Pending, rules: readonly Question[]): Rule[] {
  const document = { ...event, amount: Number(event.amount) }
  const found: Rule[] = []
  for (const rule of rules) {
    if (found.at(-1)?.campaign_id !== rule.campaign_id && rule.matches(document)) found.push(rule)
  }
  return found
}

async function handle(event: Pending, rules: readonly Question[]): Promise<void> {
  const found = matching(event, rules)
  for (const { rule_id, campaign_id, percent } of found) {
    const amount = ((Number(event.amount) * Number(percent)) / 100).toFixed(2)
    await client.query(EARN, [event.event_id, rule_id, campaign_id, event.user_id, amount])
  }
  await client.query(END, [
    event.event_id,
    found.length > 0 ? 'processed' : 'skipped',
    found[0]?.rule_id ?? null,
  ])
}

/** One look at what is pending; answers how many there were. */
async function pass(way: Naive): Promise<number> {
  const { rows } = await client.query<Pending>(PENDING)
  const once = way === 'kind' ? await readRules() : undefined
  for (const event of rows) {
    const rules = once ?? (await readRules())
    if (way === 'kind') await client.query('BEGIN')
    await handle(event, rules)
    if (way === 'kind') await client.query('COMMIT')
  }
  return rows.length
}

const api = {
  async open(url: string): Promise<void> {
    client = new pg.Client({ connectionString: url })
    await client.connect()
  },
  /** Processes until nothing is pending, without a pause. */
  async drain(way: Naive): Promise<void> {
    while ((await pass(way)) > 0);
  },
  /** Looks every `every` milliseconds, and goes on while there is something. */
  async poll({ way, every }: { way: Naive; every: number }): Promise<void> {
    polling = true
    while (polling) {
      await api.drain(way)
      await sleep(every)
    }
  },
  stopPolling() {
    polling = false
  },
}

export type NaiveApi = typeof api

answerParent(api, async () => {
  polling = false
  await client?.end()
})

import { type Logger, messageOf } from '../../kernel/index.ts'
import { type Kysely, sql } from '../../platform/sql/index.ts'
import { type Condition, compileCondition, type Matcher } from '../../rules/index.ts'
import type { Reward } from '../messages.ts'
import type { CampaignTables } from '../schema.ts'
import { type Terms, termsOf } from './applies.ts'

export interface ActiveRule {
  rule_id: number
  reward: Reward
  matcher: Matcher
}

export interface ActiveCampaign {
  campaign_id: number
  currency: string
  terms: Terms
  /** Whether every rule that matches earns, or the first one only. */
  stackable: boolean
  /** Whether it has a budget, or one for each user. */
  limited: boolean
  /** In the order in which they have their turn. */
  rules: readonly ActiveRule[]
}

/** All that an event is asked about, as of one moment. */
export interface RuleSet {
  version: number
  /** By their ids. */
  campaigns: readonly ActiveCampaign[]
}

export interface RuleSets {
  /** The rules of this version or a later one; they are read when these are not there yet. */
  get(version: number): Promise<RuleSet>
  /** The rules as they are now. */
  reload(): Promise<RuleSet>
}

interface Row {
  version: number
  campaign_id: number | null
  status: string
  starts_at: string | null
  ends_at: string | null
  currency: string
  matching: string
  limited: boolean
  rule_id: number | null
  conditions: string
  reward: Reward
}

/** In one statement, so that it is of one moment. */
const READ = `
SELECT s.version, c.campaign_id, c.status, c.starts_at, c.ends_at, c.currency, c.matching,
  (c.budget IS NOT NULL OR c.budget_per_user IS NOT NULL) AS limited, r.rule_id, r.conditions::text AS conditions, r.reward
FROM campaign_rule_set s
LEFT JOIN campaigns c ON c.status = 'active'
LEFT JOIN campaign_rules r ON r.campaign_id = c.campaign_id AND r.active
ORDER BY c.campaign_id, r.priority DESC, r.rule_id`

/** What was compiled before; without a matcher when that could not be done. */
interface Compiled {
  conditions: string
  matcher: Matcher | undefined
}

/** Reads and compiles rules when they have changed. One that cannot be compiled is logged once, and matches nothing. */
export function createRuleSets({ db, log }: { db: Kysely<CampaignTables>; log: Logger }): RuleSets {
  let known: RuleSet | undefined
  let loading: Promise<RuleSet> | undefined
  let compiled = new Map<number, Compiled>()

  function compile(rule_id: number, conditions: string): Compiled {
    const before = compiled.get(rule_id)
    if (before?.conditions === conditions) return before
    try {
      return { conditions, matcher: compileCondition(JSON.parse(conditions) as Condition) }
    } catch (error) {
      log.error({ rule_id, reason: messageOf(error) }, 'a rule cannot be understood: it matches nothing')
      return { conditions, matcher: undefined }
    }
  }

  async function load(): Promise<RuleSet> {
    const { rows } = await sql.raw<Row>(READ).execute(db)
    const kept = new Map<number, Compiled>()
    const campaigns = new Map<number, ActiveCampaign & { rules: ActiveRule[] }>()
    for (const row of rows) {
      if (row.campaign_id === null) continue
      const campaign = campaigns.get(row.campaign_id) ?? openCampaign(row, row.campaign_id)
      campaigns.set(row.campaign_id, campaign)
      if (row.rule_id === null) continue
      const own = compile(row.rule_id, row.conditions)
      kept.set(row.rule_id, own)
      if (own.matcher) campaign.rules.push({ rule_id: row.rule_id, reward: row.reward, matcher: own.matcher })
    }
    compiled = kept
    const asked = [...campaigns.values()].filter(({ rules }) => rules.length > 0)
    return { version: Number(rows[0]?.version ?? 0), campaigns: asked }
  }

  async function reload(): Promise<RuleSet> {
    known = await load()
    return known
  }

  return {
    async get(version) {
      while (known === undefined || known.version < version) {
        loading ??= reload().finally(() => {
          loading = undefined
        })
        await loading
      }
      return known
    },
    reload,
  }
}

function openCampaign(row: Row, campaign_id: number): ActiveCampaign & { rules: ActiveRule[] } {
  const { currency, matching, limited } = row
  return {
    ...{ campaign_id, currency, limited, terms: termsOf(row) },
    ...{ stackable: matching === 'stackable', rules: [] },
  }
}

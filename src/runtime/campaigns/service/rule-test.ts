import type { Kysely } from '../../platform/sql/index.ts'
import { compileCondition } from '../../rules/index.ts'
import { campaignsError } from '../errors.ts'
import { checkEvent } from '../events/check.ts'
import type { RuleTest, RuleTestBody } from '../messages/rule-test.ts'
import type { NewEvent } from '../messages.ts'
import type { CampaignTables } from '../schema.ts'
import { checkConditions, checkReward } from '../store/campaign-checks.ts'
import { activeCampaigns, getCampaign, spendingOf } from '../store/campaigns.ts'
import { getRule } from '../store/rules.ts'
import { createTurns } from '../turns.ts'
import { createAllowance, TRY_FEWER } from './allowance.ts'
import {
  eventOf,
  type ReadyCampaign,
  readyCampaign,
  summaryOf,
  tryCampaign,
  tryEvents,
} from './rule-trial.ts'

export interface RuleTesting {
  /**
   * Tries a condition, a rule or every active campaign on events; writes nothing.
   * @throws AgentctlError RULE_INVALID, RULE_TOO_LARGE, CAMPAIGN_INVALID, CAMPAIGN_EVENT_INVALID, CAMPAIGN_RULE_NOT_FOUND, and
   *   what `checkDatabase` throws
   */
  test(body: RuleTestBody): Promise<RuleTest>
}

export interface RuleTestingOptions {
  db: Kysely<CampaignTables>
  /** Throws while the tables are not there. A condition of one's own is tried without them. */
  checkDatabase(): void
}

/** Rules and events that one call may bring together: each pair is explained. */
const MAX_PAIRS = 5_000
const NO_REWARD = { type: 'fixed', amount: '0' } as const

export function createRuleTesting({ db, checkDatabase }: RuleTestingOptions): RuleTesting {
  async function tryConditions(
    body: RuleTestBody,
    events: readonly NewEvent[],
    now: string,
  ): Promise<RuleTest> {
    const { conditions = {}, reward = NO_REWARD, currency = 'USD' } = body
    checkConditions(conditions, 'conditions')
    checkReward(reward, currency, 'reward')
    const trial = { reward, currency, matcher: compileCondition(conditions) }
    return { kind: 'rule', rule_id: null, results: await tryEvents(trial, events, now, createAllowance()) }
  }

  async function tryStored(body: RuleTestBody, ruleId: number, events: readonly NewEvent[], now: string) {
    const rule = await getRule(db, ruleId)
    const { currency } = await getCampaign(db, rule.campaign_id)
    if (body.reward !== undefined) checkReward(body.reward, currency, 'reward')
    const trial = { reward: body.reward ?? rule.reward, currency, matcher: compileCondition(rule.conditions) }
    const results = await tryEvents(trial, events, now, createAllowance())
    return { kind: 'rule' as const, rule_id: ruleId, results }
  }

  async function tryAll(events: readonly NewEvent[], now: string): Promise<RuleTest> {
    const active = await activeCampaigns(db)
    const pairs =
      events.length * active.reduce((sum, { rules }) => sum + rules.filter((rule) => rule.active).length, 0)
    if (pairs > MAX_PAIRS) {
      const what = `events: with the rules there are, ${events.length} events make ${pairs} pairs, more than ${MAX_PAIRS}`
      throw campaignsError('CAMPAIGN_EVENT_INVALID', what, { field: 'events', fix: TRY_FEWER })
    }
    const turns = createTurns()
    const campaigns: ReadyCampaign[] = []
    for (const each of active) campaigns.push(await readyCampaign(each, turns))
    const limited = campaigns.filter((campaign) => campaign.budget_per_user !== null)
    const users = [...new Set(events.map(({ user_id }) => user_id ?? ''))]
    const spent = await spendingOf(
      db,
      limited.map(({ campaign_id }) => campaign_id),
      users,
    )
    const results = []
    const take = createAllowance()
    for (const [index, event] of events.entries()) {
      const stored = eventOf(event, now)
      const spentBy = (id: number) => spent.get(`${id}:${stored.user_id ?? ''}`) ?? '0'
      const trials = []
      for (const each of campaigns)
        trials.push(await tryCampaign(each, stored, spentBy(each.campaign_id), take))
      results.push(summaryOf(index, event, trials))
    }
    return { kind: 'campaigns', results }
  }

  return {
    async test(body) {
      const events = body.events ?? (body.event === undefined ? [] : [body.event])
      for (const event of events) checkEvent(event)
      const now = new Date().toISOString()
      if (body.conditions !== undefined) return tryConditions(body, events, now)
      checkDatabase()
      if (body.rule_id !== undefined) return tryStored(body, body.rule_id, events, now)
      return tryAll(events, now)
    },
  }
}

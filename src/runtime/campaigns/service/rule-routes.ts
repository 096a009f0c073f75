import { z } from 'zod'
import { type HttpApp, problemResponses } from '../../platform/http/index.ts'
import type { Kysely } from '../../platform/sql/index.ts'
import { newRule, type Reward, rule, ruleChange } from '../messages.ts'
import type { CampaignTables } from '../schema.ts'
import { checkConditions, checkReward } from '../store/campaign-checks.ts'
import { onceOf } from '../store/once.ts'
import { addRule, changeRule } from '../store/rules.ts'
import { idempotencyHeaders, idParameter } from './parameters.ts'

const tags = ['rules']

/** POST /campaigns/{campaign_id}/rules, PATCH /campaigns/{campaign_id}/rules/{rule_id}. */
export function addRuleRoutes(app: HttpApp, { db }: { db: Kysely<CampaignTables> }): void {
  app.post(
    '/campaigns/:campaign_id/rules',
    {
      schema: {
        operationId: 'addRule',
        tags,
        summary: 'Add a rule to a campaign',
        description:
          'With an `Idempotency-Key` a repeat of the same request answers 200 with the rule that was added.',
        params: z.object({ campaign_id: idParameter }),
        headers: idempotencyHeaders,
        body: newRule,
        response: { 201: rule, 200: rule, ...problemResponses(400, 404, 409, 413, 415, 422) },
      },
    },
    async ({ params: { campaign_id }, headers, body }, reply) => {
      checkConditions(body.conditions, 'conditions')
      const once = onceOf(headers['idempotency-key'], body)
      const added = await addRule(db, campaign_id, body, { ...checksOf(body), once })
      return reply.code(added.fresh ? 201 : 200).send(added.rule)
    },
  )

  app.patch(
    '/campaigns/:campaign_id/rules/:rule_id',
    {
      schema: {
        operationId: 'changeRule',
        tags,
        summary: 'Change a rule',
        description:
          'What is not named stays as it is. Rules are not removed, since earnings name them: `{"active": false}` ends one.',
        params: z.object({ campaign_id: idParameter, rule_id: idParameter }),
        body: ruleChange,
        response: { 200: rule, ...problemResponses(400, 404, 413, 415, 422) },
      },
    },
    ({ params: { campaign_id, rule_id }, body }) => {
      if (body.conditions !== undefined) checkConditions(body.conditions, 'conditions')
      return changeRule(db, campaign_id, rule_id, body, checksOf(body))
    },
  )
}

const checksOf = ({ reward }: { reward?: Reward | undefined }) => ({
  check(currency: string) {
    if (reward !== undefined) checkReward(reward, currency, 'reward')
  },
})

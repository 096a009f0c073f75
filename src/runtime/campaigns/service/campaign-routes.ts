import { z } from 'zod'
import { type HttpApp, problemResponses } from '../../platform/http/index.ts'
import type { Kysely } from '../../platform/sql/index.ts'
import { campaign, campaignChange, campaignList, campaignStatus, newCampaign } from '../messages.ts'
import type { CampaignTables } from '../schema.ts'
import { checkCampaign } from '../store/campaign-checks.ts'
import { changeCampaign, createCampaign, getCampaign, listCampaigns } from '../store/campaigns.ts'
import { identityOf, onceOf } from '../store/once.ts'
import { idempotencyHeaders, idParameter, pageParameters } from './parameters.ts'

const tags = ['campaigns']
const params = z.object({ campaign_id: idParameter })

/** POST and GET /campaigns, GET and PATCH /campaigns/{campaign_id}. */
export function addCampaignRoutes(app: HttpApp, { db }: { db: Kysely<CampaignTables> }): void {
  app.post(
    '/campaigns',
    {
      schema: {
        operationId: 'createCampaign',
        tags,
        summary: 'Make a campaign',
        description:
          'With its rules, together or not at all. With an `Idempotency-Key` a repeat of the same request answers 200 with the campaign that was made.',
        headers: idempotencyHeaders,
        body: newCampaign,
        response: { 201: campaign, 200: campaign, ...problemResponses(400, 409, 413, 415, 422) },
      },
    },
    async ({ body, headers }, reply) => {
      await checkCampaign(body)
      const made = await createCampaign(db, body, onceOf(headers['idempotency-key'], identityOf(body)))
      return reply.code(made.fresh ? 201 : 200).send(made.campaign)
    },
  )

  app.get(
    '/campaigns',
    {
      schema: {
        operationId: 'listCampaigns',
        tags,
        summary: 'List campaigns, the newest first',
        description: '`next` is the `after` of the next page.',
        querystring: z.strictObject({ status: campaignStatus.optional(), ...pageParameters }),
        response: { 200: campaignList, ...problemResponses(400) },
      },
    },
    ({ query }) => listCampaigns(db, query),
  )

  app.get(
    '/campaigns/:campaign_id',
    {
      schema: {
        operationId: 'getCampaign',
        tags,
        summary: 'A campaign with its rules, in the order in which they are asked',
        params,
        response: { 200: campaign, ...problemResponses(400, 404) },
      },
    },
    ({ params: { campaign_id } }) => getCampaign(db, campaign_id),
  )

  app.patch(
    '/campaigns/:campaign_id',
    {
      schema: {
        operationId: 'changeCampaign',
        tags,
        summary: 'Change a campaign',
        description:
          'What is not named stays as it is; `null` takes away dates, budgets and the description.',
        params,
        body: campaignChange,
        response: { 200: campaign, ...problemResponses(400, 404, 409, 413, 415, 422) },
      },
    },
    ({ params: { campaign_id }, body }) => changeCampaign(db, campaign_id, body),
  )
}

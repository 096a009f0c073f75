import { z } from 'zod'
import { type HttpApp, problemResponses } from '../../platform/http/index.ts'
import type { Kysely } from '../../platform/sql/index.ts'
import { earning, earningList, reversalBody } from '../messages.ts'
import { reverseEarning } from '../processing/reverse.ts'
import type { CampaignTables } from '../schema.ts'
import { listEarnings } from '../store/earnings.ts'
import { idParameter, pageParameters, textParameter } from './parameters.ts'

const tags = ['earnings']

/** GET /earnings, POST /earnings/{earning_id}/reverse. */
export function addEarningRoutes(app: HttpApp, { db }: { db: Kysely<CampaignTables> }): void {
  app.get(
    '/earnings',
    {
      schema: {
        operationId: 'listEarnings',
        tags,
        summary: 'List earnings, the newest first, and what they come to',
        description:
          '`total` is of all that the question is about, by currency, not of this page. `next` is the `after` of the next page.',
        querystring: z.strictObject({
          campaign_id: idParameter.optional(),
          user_id: textParameter(256).optional(),
          event_id: textParameter(256).optional(),
          rule_id: idParameter.optional(),
          kind: z.enum(['earned', 'reversal']).optional(),
          ...pageParameters,
        }),
        response: { 200: earningList, ...problemResponses(400) },
      },
    },
    ({ query: { limit, after, ...filter } }) => listEarnings(db, filter, { limit, after }),
  )

  app.post(
    '/earnings/:earning_id/reverse',
    {
      schema: {
        operationId: 'reverseEarning',
        tags,
        summary: 'Take an earning back',
        description:
          'Adds the same with a negative amount, and takes it off what campaign and user have spent. Once for each earning.',
        params: z.object({ earning_id: idParameter }),
        body: reversalBody,
        response: { 201: earning, ...problemResponses(400, 404, 409, 413, 415) },
      },
    },
    async ({ params: { earning_id }, body: { reason } }, reply) =>
      reply.code(201).send(await reverseEarning(db, earning_id, reason)),
  )
}

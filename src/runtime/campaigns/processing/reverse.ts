import { type Kysely, sql } from '../../platform/sql/index.ts'
import { campaignsError } from '../errors.ts'
import type { Earning } from '../messages.ts'
import type { CampaignTables } from '../schema.ts'

const UNIQUE_VIOLATION = '23505'

/**
 * Takes an earning back: adds the negative one, and takes the amount off what campaign and user have spent. The event stays
 * `processed`.
 * @returns the reversal
 * @throws AgentctlError EARNING_NOT_FOUND, EARNING_REVERSED
 */
export async function reverseEarning(
  db: Kysely<CampaignTables>,
  earningId: number,
  reason: string | null,
): Promise<Earning> {
  const reversed = (detail: string) => campaignsError('EARNING_REVERSED', detail, { field: 'earning_id' })
  try {
    return await db.transaction().execute((trx) => reverseIn(trx, earningId, reason))
  } catch (error) {
    if ((error as { code?: unknown }).code !== UNIQUE_VIOLATION) throw error
    throw reversed(`earning ${earningId} was reversed already`)
  }

  async function reverseIn(trx: Kysely<CampaignTables>, id: number, why: string | null): Promise<Earning> {
    const earning = await trx
      .selectFrom('earnings')
      .selectAll()
      .where('earning_id', '=', id)
      .executeTakeFirst()
    if (earning === undefined)
      throw campaignsError('EARNING_NOT_FOUND', `earning ${id} does not exist`, { field: 'earning_id' })
    if (earning.kind === 'reversal')
      throw reversed(`earning ${id} is itself the reversal of ${earning.reverses}`)
    const { event_id, rule_id, campaign_id, user_id, amount, currency } = earning
    // Before anything else: whoever settles holds this lock first, too.
    await trx
      .updateTable('campaigns')
      .set({ spent: sql<string>`spent - ${amount}::numeric` })
      .where('campaign_id', '=', campaign_id)
      .execute()
    await trx
      .updateTable('campaign_spending')
      .set({ spent: sql<string>`spent - ${amount}::numeric` })
      .where('campaign_id', '=', campaign_id)
      .where('user_id', '=', user_id ?? '')
      .execute()
    return trx
      .insertInto('earnings')
      .values({
        ...{ event_id, rule_id, campaign_id, user_id, currency, reason: why },
        ...{ kind: 'reversal', reverses: id, amount: sql<string>`-${amount}::numeric` },
      })
      .returningAll()
      .executeTakeFirstOrThrow()
      .then((row) => row as Earning)
  }
}

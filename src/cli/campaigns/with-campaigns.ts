import { CAMPAIGNS_POOL, type CampaignsClient, openCampaignsClient } from '../../runtime/campaigns/index.ts'
import { createLogger } from '../../runtime/platform/log/index.ts'
import { findReplica } from '../find-replica.ts'
import { resolveSettings } from '../settings.ts'
import { campaignsClient } from './campaign-flags.ts'

const DEFAULT_URL = 'http://127.0.0.1:8003'

/**
 * A client of the campaigns service for as long as `use` takes: of the one that the settings or the serve that runs here
 * name, else of the replica with least to do of a Redis that they name, else of the usual address.
 * @param signal ends what is under way
 */
export async function withCampaigns<T>(
  flags: Record<string, unknown>,
  signal: AbortSignal,
  use: (client: CampaignsClient) => Promise<T>,
): Promise<T> {
  const { campaignsUrl, apiUsername, apiPassword } = resolveSettings(campaignsClient, flags).values
  const url = campaignsUrl ?? (await findReplica(CAMPAIGNS_POOL, campaignsClient, flags)) ?? DEFAULT_URL
  const log = createLogger({ level: 'silent', bindings: {} })
  const client = await openCampaignsClient({ url, apiUsername, apiPassword, log })
  try {
    signal.throwIfAborted()
    return await use(client)
  } finally {
    await client.close()
  }
}

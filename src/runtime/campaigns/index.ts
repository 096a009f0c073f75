import type { CampaignsClientOptions } from './client/client.ts'
import type { OpenCampaignsClientOptions } from './client/open-client.ts'

export type {
  CampaignInput,
  CampaignsClient,
  Creation,
} from './client/client.ts'
export { campaignsError, campaignsErrors } from './errors.ts'
export { BUS_EVENTS, CAMPAIGNS_POOL } from './keys.ts'
export type { RuleTest } from './messages/rule-test.ts'
export * from './messages.ts'
export { checkPassword } from './password.ts'
export { credentialSettings, DEFAULT_PASSWORD } from './settings.ts'

/** Asks the replicas of the service; see `openCampaignsClient` in open-client.ts. */
export async function openCampaignsClient(options: OpenCampaignsClientOptions) {
  return (await import('./client/open-client.ts')).openCampaignsClient(options)
}

/** The same by way of replicas that are found elsewhere; see `createCampaignsClient` in client.ts. */
export async function createCampaignsClient(options: CampaignsClientOptions) {
  return (await import('./client/client.ts')).createCampaignsClient(options)
}

/** The changes of its tables that this version knows, in their order, and the room they are noted for. */
export async function knownMigrations(): Promise<{ room: string; names: string[] }> {
  const { migrations, ROOM } = await import('./schema.ts')
  return { room: ROOM, names: Object.keys(migrations).sort() }
}

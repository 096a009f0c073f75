import { type Kysely, sql } from '../../platform/sql/index.ts'
import { campaignsError } from '../errors.ts'
import type { ConfigurationEntry, NewEntry } from '../messages/configuration.ts'
import type { CampaignTables } from '../schema.ts'
import type { Secrets } from './secrets.ts'

export const MASK = '***'

/** Names and values; those that are secret are encrypted in the database, and masked in whatever is given back. */
export interface Configuration {
  list(): Promise<ConfigurationEntry[]>
  /** @throws AgentctlError CONFIGURATION_NOT_FOUND */
  get(name: string): Promise<ConfigurationEntry>
  /** @throws AgentctlError CONFIGURATION_KEY_MISSING */
  put(name: string, entry: NewEntry): Promise<ConfigurationEntry>
  /** @throws AgentctlError CONFIGURATION_NOT_FOUND */
  remove(name: string): Promise<void>
  /** The value itself, for our own code. @throws AgentctlError CONFIGURATION_NOT_FOUND, CONFIGURATION_KEY_MISSING */
  reveal(name: string): Promise<string>
}

export function createConfiguration(db: Kysely<CampaignTables>, secrets: Secrets): Configuration {
  async function find(name: string): Promise<ConfigurationEntry> {
    const row = await db.selectFrom('configuration').selectAll().where('name', '=', name).executeTakeFirst()
    if (row === undefined) throw notFound(name)
    return row
  }

  return {
    async list() {
      const rows = await db.selectFrom('configuration').selectAll().orderBy('name').execute()
      return rows.map(masked)
    },
    get: async (name) => masked(await find(name)),
    async put(name, { value: given, secret }) {
      const value = secret ? await secrets.encrypt(name, given) : given
      const row = await db
        .insertInto('configuration')
        .values({ name, value, secret })
        .onConflict((conflict) =>
          conflict.column('name').doUpdateSet({ value, secret, updated_at: sql<string>`now()` }),
        )
        .returningAll()
        .executeTakeFirstOrThrow()
      return masked(row)
    },
    async remove(name) {
      const { numDeletedRows } = await db
        .deleteFrom('configuration')
        .where('name', '=', name)
        .executeTakeFirst()
      if (numDeletedRows === 0n) throw notFound(name)
    },
    async reveal(name) {
      const { value, secret } = await find(name)
      return secret ? secrets.decrypt(name, value) : value
    },
  }
}

const masked = (row: ConfigurationEntry) => (row.secret ? { ...row, value: MASK } : row)

const notFound = (name: string) => campaignsError('CONFIGURATION_NOT_FOUND', name)

import { BaseCommand } from '../../cli/base-command.ts'
import { outputFlag, redisFlags, redisOnly } from '../../cli/streams/stream-flags.ts'

export default class KeysLs extends BaseCommand {
  static override summary = 'List the API keys of the gateway'
  static override description = 'The keys themselves are not known. Revoked ones are listed for 30 days.'
  static override examples = ['<%= config.bin %> keys ls', '<%= config.bin %> keys ls --json']
  static override flags = { ...redisFlags, output: outputFlag }

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(KeysLs)
    const { createKeyStore } = await import('../../runtime/access/index.ts')
    const { keyColumns, toRow } = await import('../../cli/keys/key-rows.ts')
    const { withRedis } = await import('../../cli/with-redis.ts')
    const keys = await withRedis(redisOnly, flags, (redis) => createKeyStore(redis).list())
    const rows = keys.map((key) => toRow(key, Date.now()))
    if (!this.jsonEnabled()) {
      const { renderList } = await import('../../cli/list.ts')
      this.log(renderList(rows, keyColumns, flags.output, (row) => row.id))
    }
    return rows
  }
}

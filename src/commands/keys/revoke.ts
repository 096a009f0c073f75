import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { redisFlags, redisOnly } from '../../cli/streams/stream-flags.ts'

export default class KeysRevoke extends BaseCommand {
  static override summary = 'End an API key everywhere, within two seconds'
  static override description =
    'Streams that it has open are cut. A key that was revoked already stays as it is.'
  static override examples = ['<%= config.bin %> keys revoke 4f9k2m7q1c']
  static override args = {
    id: Args.string({ description: 'Id of the key: see `agentctl keys ls`', required: true }),
  }
  static override flags = redisFlags

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(KeysRevoke)
    const { createKeyStore } = await import('../../runtime/access/index.ts')
    const { toRow } = await import('../../cli/keys/key-rows.ts')
    const { withRedis } = await import('../../cli/with-redis.ts')
    const record = await withRedis(redisOnly, flags, (redis) => createKeyStore(redis).revoke(args.id))
    if (!this.jsonEnabled()) this.say(`Key ${record.id} of ${record.name} is revoked.`)
    return toRow(record, Date.now())
  }
}

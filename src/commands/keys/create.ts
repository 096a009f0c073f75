import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { keyFlags } from '../../cli/keys/key-flags.ts'
import { redisFlags } from '../../cli/streams/stream-flags.ts'

export default class KeysCreate extends BaseCommand {
  static override summary = 'Make an API key for the gateway'
  static override description =
    'The key is printed once and kept nowhere: only its digest is stored. A gateway asks for keys when it is started with --auth keys.'
  static override examples = [
    '<%= config.bin %> keys create web-app --scope chat,query',
    '<%= config.bin %> keys create ci --scope eval --expires 90d --rate 20 --burst 100 --concurrent 10',
    'export AGENTCTL_API_KEY=$(<%= config.bin %> keys create me --scope admin)',
  ]
  static override args = {
    name: Args.string({ description: 'Whose it is, or what for', required: true }),
  }
  static override flags = { ...redisFlags, ...keyFlags }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(KeysCreate)
    const { createKey } = await import('../../cli/keys/create-key.ts')
    const made = await createKey(args.name, flags)
    if (!this.jsonEnabled()) {
      this.say(`Key ${made.id} for ${made.name} (${made.scopes.join(', ')}). Keep it: it is not shown again.`)
      this.log(made.key)
    }
    return made
  }
}

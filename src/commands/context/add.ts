import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { contextArg, keptFlags } from '../../cli/contexts/context-flags.ts'

export default class ContextAdd extends BaseCommand {
  static override summary = 'Keep the addresses of a system under a name'
  static override description =
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as it is typed
    'They are kept for this user, in $XDG_CONFIG_HOME/agentctl/contexts.json. In a value, ${NAME} stands for the environment ' +
    'variable of that name at the time of use, so that no secret needs to be written down.'
  static override examples = [
    '<%= config.bin %> context add staging --redis-url redis://redis.staging:6379 --gateway-url http://gateway.staging:8000',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as it is typed
    "<%= config.bin %> context add prod --redis-url 'rediss://agentctl:${PROD_REDIS_PASSWORD}@redis.example.com' --use",
  ]
  static override args = { name: contextArg }
  static override flags = {
    ...keptFlags,
    use: Flags.boolean({ description: 'Use it from now on' }),
    replace: Flags.boolean({ description: 'Put it in the place of the one of this name' }),
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ContextAdd)
    const { addContext } = await import('../../cli/contexts/change-contexts.ts')
    return addContext(args.name, flags, (text) => this.say(text))
  }
}

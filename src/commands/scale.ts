import { Args } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { flagsOf } from '../cli/flags.ts'
import { stateDirOf, stateOnly } from '../cli/state-only.ts'

export default class Scale extends BaseCommand {
  static override summary = 'Change how many replicas of a role the running serve keeps'
  static override description =
    'With two bounds, such as worker=1..8, it keeps as many as the work is for from now on; a number ends that.'
  static override examples = ['<%= config.bin %> scale worker=5', '<%= config.bin %> scale worker=1..8']
  static override args = {
    amount: Args.string({ description: 'ROLE=NUMBER or ROLE=MIN..MAX', required: true }),
  }
  static override flags = flagsOf(stateOnly)

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Scale)
    const { scaleServe } = await import('../cli/scale-serve.ts')
    const { status, said } = await scaleServe(args.amount, stateDirOf(flags))
    this.say(said)
    return status
  }
}

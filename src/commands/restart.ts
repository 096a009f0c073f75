import { Args } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { flagsOf } from '../cli/flags.ts'
import { stateDirOf, stateOnly } from '../cli/state-only.ts'

export default class Restart extends BaseCommand {
  static override summary = 'Restart a role or one of its replicas; work under way is finished first'
  static override examples = [
    '<%= config.bin %> restart worker',
    '<%= config.bin %> restart worker/1',
    '<%= config.bin %> restart all',
  ]
  static override args = { target: Args.string({ description: 'ROLE, ROLE/NUMBER or all', required: true }) }
  static override flags = flagsOf(stateOnly)

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Restart)
    const { connectToServe } = await import('../runtime/supervisor/index.ts')
    const answer = await connectToServe(stateDirOf(flags)).restart(args.target)
    this.say(`Restarting ${answer.restarted.join(', ')}`)
    return answer
  }
}

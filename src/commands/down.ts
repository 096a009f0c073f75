import { BaseCommand } from '../cli/base-command.ts'
import { flagsOf } from '../cli/flags.ts'
import { stateDirOf, stateOnly } from '../cli/state-only.ts'

export default class Down extends BaseCommand {
  static override summary = 'Stop the running serve; work under way is finished first'
  static override examples = ['<%= config.bin %> down']
  static override flags = flagsOf(stateOnly)

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(Down)
    const { connectToServe, hasEnded } = await import('../runtime/supervisor/index.ts')
    const { pid } = await connectToServe(stateDirOf(flags)).down()
    this.say('Stopping: the work under way is finished first …')
    await hasEnded(pid)
    this.say('Stopped.')
    return { stopped: pid }
  }
}

import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { flagsOf } from '../cli/flags.ts'
import { stateDirOf, stateOnly } from '../cli/state-only.ts'

export default class Restart extends BaseCommand {
  static override summary =
    'Restart roles or one of their replicas, one after another, without a failed request'
  static override description =
    'Each replica is succeeded by a new process before it leaves, and finishes its work. Without a target all roles are restarted; ' +
    'the embedded Redis and PostgreSQL only if they are named. The first one that does not come back ends it.'
  static override examples = [
    '<%= config.bin %> restart',
    '<%= config.bin %> restart worker',
    '<%= config.bin %> restart worker/1',
    '<%= config.bin %> restart worker --now',
  ]
  static override args = {
    target: Args.string({ description: 'ROLE, ROLE/NUMBER or all', default: 'all' }),
  }
  static override flags = {
    ...flagsOf(stateOnly),
    now: Flags.boolean({ description: 'Stop all of them at once, then start them' }),
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Restart)
    const { connectToServe } = await import('../runtime/supervisor/index.ts')
    const client = connectToServe(stateDirOf(flags))
    if (!flags.now) {
      const { runRestart } = await import('../cli/run-restart.ts')
      return runRestart(client, args.target, (text) => this.say(text))
    }
    const answer = await client.restart(args.target, { now: true })
    this.say(`Restarting ${answer.in_place.join(', ')}`)
    return answer
  }
}

import { Args } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { flagsOf } from '../cli/flags.ts'
import { stateDirOf, stateOnly } from '../cli/state-only.ts'

export default class Scale extends BaseCommand {
  static override summary = 'Change how many replicas of a role the running serve keeps'
  static override examples = ['<%= config.bin %> scale worker=5']
  static override args = { amount: Args.string({ description: 'ROLE=NUMBER', required: true }) }
  static override flags = flagsOf(stateOnly)

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Scale)
    const { connectToServe, parseAmount } = await import('../runtime/supervisor/index.ts')
    const { parts } = await import('../runtime/parts.ts')
    const [role, count] = parseAmount(
      args.amount,
      parts.map(({ name }) => name),
    )
    const status = await connectToServe(stateDirOf(flags)).scale(role, count)
    const ready = status.replicas.filter((replica) => replica.role === role)
    this.say(`${role} has ${ready.length} ${ready.length === 1 ? 'replica' : 'replicas'} now`)
    return status
  }
}

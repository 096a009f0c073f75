import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { flagsOf } from '../../cli/flags.ts'
import { gatewayOnly } from '../../cli/rag/rag-flags.ts'

export default class EvalCancel extends BaseCommand {
  static override summary = 'End an evaluation that waits or runs; what it has written is kept'
  static override examples = ['<%= config.bin %> eval cancel ID']
  static override args = { id: Args.string({ description: 'Id of the evaluation', required: true }) }
  static override flags = flagsOf(gatewayOnly)

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(EvalCancel)
    const { withGateway } = await import('../../cli/eval/with-gateway.ts')
    const { interrupted } = await import('../../cli/interrupted.ts')
    const now = await withGateway(flags, { signal: interrupted() }, (client) => client.cancel(args.id))
    this.say(now.status === 'running' ? `${args.id} is being ended` : `${args.id} is ${now.status}`)
    return now
  }
}

import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { flagsOf } from '../../cli/flags.ts'
import { gatewayOnly } from '../../cli/rag/rag-flags.ts'
import { durationFlag } from '../../cli/streams/stream-flags.ts'

export default class EvalStatus extends BaseCommand {
  static override summary = 'Show what has become of an evaluation, with its output'
  static override examples = [
    '<%= config.bin %> eval status ID',
    '<%= config.bin %> eval status ID --wait 30s --json | jq -r .stdout',
  ]
  static override args = { id: Args.string({ description: 'Id of the evaluation', required: true }) }
  static override flags = {
    ...flagsOf(gatewayOnly),
    wait: durationFlag({ description: 'Wait so long for its end' }),
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(EvalStatus)
    const { evaluationText } = await import('../../cli/eval/eval-text.ts')
    const { waitForEnd } = await import('../../cli/eval/wait-for-end.ts')
    const { withGateway } = await import('../../cli/eval/with-gateway.ts')
    const { interrupted } = await import('../../cli/interrupted.ts')
    const found = await withGateway(flags, { signal: interrupted() }, (client) =>
      waitForEnd(client, args.id, flags.wait ?? 0),
    )
    if (!this.jsonEnabled()) this.log(evaluationText(found))
    return found
  }
}

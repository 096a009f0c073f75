import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { flagsOf } from '../../cli/flags.ts'
import { gatewayOnly } from '../../cli/rag/rag-flags.ts'
import { outputFlag } from '../../cli/streams/stream-flags.ts'

export default class EvalLs extends BaseCommand {
  static override summary = 'List evaluations, the newest first'
  static override examples = [
    '<%= config.bin %> eval ls',
    '<%= config.bin %> eval ls --status failed -n 100 -o wide',
  ]
  static override flags = {
    ...flagsOf(gatewayOnly),
    status: Flags.option({
      options: ['queued', 'running', 'completed', 'failed', 'cancelled'] as const,
      char: 's',
    })({ description: 'Only those of this status' }),
    count: Flags.integer({ description: 'How many', char: 'n', default: 20, min: 1 }),
    output: outputFlag,
  }

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(EvalLs)
    const { listEvaluations } = await import('../../cli/eval/list-evaluations.ts')
    const { withGateway } = await import('../../cli/eval/with-gateway.ts')
    const { interrupted } = await import('../../cli/interrupted.ts')
    const found = await withGateway(flags, { signal: interrupted() }, (client) =>
      listEvaluations(client, flags.count, flags.status),
    )
    if (!this.jsonEnabled()) {
      const { renderList } = await import('../../cli/list.ts')
      const { evaluationColumns } = await import('../../cli/eval/eval-text.ts')
      this.log(renderList(found, evaluationColumns, flags.output, ({ eval_id }) => eval_id))
    }
    return found
  }
}

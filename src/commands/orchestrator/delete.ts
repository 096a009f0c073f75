import { BaseCommand } from '../../cli/base-command.ts'
import { featureFlag, timeoutFlag } from '../../cli/orchestrator/feature-flags.ts'
import { redisFlags } from '../../cli/streams/stream-flags.ts'

export default class OrchestratorDelete extends BaseCommand {
  static override summary = 'Remove the workers of a feature'
  static override description =
    'They finish the jobs that they have; those that wait go to the common workers. Nothing happens where there are none.'
  static override examples = ['<%= config.bin %> orchestrator delete --feature customer-support']
  static override flags = { feature: featureFlag, timeout: timeoutFlag, ...redisFlags }

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(OrchestratorDelete)
    const { askOrchestrator } = await import('../../cli/orchestrator/ask.ts')
    const { DELETE } = await import('../../runtime/orchestrator/index.ts')
    const { feature } = flags
    const wait = flags.timeout / 1_000
    const data = { feature_id: feature, wait_s: wait }
    const say = (text: string) => this.say(text)
    const result = await askOrchestrator<{ feature_id: string; deleted: boolean }>(flags, {
      ...{ type: DELETE, data, wait, say },
    })
    if (!this.jsonEnabled())
      this.log(
        result.deleted
          ? `${feature} has no workers of its own`
          : `${feature} is being deleted; its workers still finish`,
      )
    return result
  }
}

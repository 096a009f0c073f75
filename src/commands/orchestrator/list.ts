import { BaseCommand } from '../../cli/base-command.ts'
import { optionalFeatureFlag } from '../../cli/orchestrator/feature-flags.ts'
import { outputFlag, redisFlags } from '../../cli/streams/stream-flags.ts'
import type { FeatureView } from '../../runtime/orchestrator/index.ts'

export default class OrchestratorList extends BaseCommand {
  static override summary = 'List the features that have workers of their own'
  static override examples = [
    '<%= config.bin %> orchestrator list',
    '<%= config.bin %> orchestrator list --feature customer-support --json',
  ]
  static override flags = { feature: optionalFeatureFlag, output: outputFlag, ...redisFlags }

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(OrchestratorList)
    const { askOrchestrator } = await import('../../cli/orchestrator/ask.ts')
    const { LIST, orchestratorError } = await import('../../runtime/orchestrator/index.ts')
    const { feature } = flags
    const data = feature === undefined ? {} : { feature_id: feature }
    const say = (text: string) => this.say(text)
    const { features } = await askOrchestrator<{ features: FeatureView[] }>(flags, { type: LIST, data, say })
    if (feature !== undefined && features.length === 0) throw orchestratorError('FEATURE_NOT_FOUND', feature)
    if (!this.jsonEnabled()) {
      const { renderList } = await import('../../cli/list.ts')
      const { featureColumns } = await import('../../cli/orchestrator/feature-text.ts')
      this.log(renderList(features, featureColumns(Date.now()), flags.output, ({ feature_id }) => feature_id))
    }
    return features
  }
}

import { BaseCommand } from '../../cli/base-command.ts'
import { optionalFeatureFlag } from '../../cli/orchestrator/feature-flags.ts'
import { durationFlag, redisFlags } from '../../cli/streams/stream-flags.ts'
import type { Cleanup } from '../../runtime/orchestrator/index.ts'

export default class OrchestratorCleanup extends BaseCommand {
  static override summary = 'Remove the workers of features that nobody uses'
  static override description =
    'The orchestrator does so by itself; this does it now. A feature with jobs that wait or run is never removed.'
  static override examples = [
    '<%= config.bin %> orchestrator cleanup',
    '<%= config.bin %> orchestrator cleanup --feature customer-support --idle 30s',
  ]
  static override flags = {
    feature: optionalFeatureFlag,
    idle: durationFlag({ description: 'Time without a job [default: the idle timeout of each feature]' }),
    ...redisFlags,
  }

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(OrchestratorCleanup)
    const { askOrchestrator } = await import('../../cli/orchestrator/ask.ts')
    const { CLEANUP, orchestratorError } = await import('../../runtime/orchestrator/index.ts')
    const { feature, idle } = flags
    const data = {
      ...(feature === undefined ? {} : { feature_id: feature }),
      ...(idle === undefined ? {} : { idle_s: idle / 1_000 }),
    }
    const say = (text: string) => this.say(text)
    const result = await askOrchestrator<Cleanup>(flags, { type: CLEANUP, data, say })
    if (feature !== undefined && result.deleted.length + result.kept.length === 0)
      throw orchestratorError('FEATURE_NOT_FOUND', feature)
    if (!this.jsonEnabled()) {
      for (const id of result.deleted) this.log(`${id} is removed`)
      for (const { feature_id, idle_s, jobs } of result.kept)
        this.log(`${feature_id} stays: ${jobs > 0 ? `it has ${jobs} jobs` : `idle for ${idle_s} s`}`)
    }
    return result
  }
}

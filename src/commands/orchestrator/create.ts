import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { featureFlag, timeoutFlag } from '../../cli/orchestrator/feature-flags.ts'
import { durationFlag, redisFlags } from '../../cli/streams/stream-flags.ts'
import type { FeatureView } from '../../runtime/orchestrator/index.ts'

export default class OrchestratorCreate extends BaseCommand {
  static override summary = 'Give a feature workers of its own'
  static override description =
    'Its jobs then go to them, and those of others do not. A repeat changes what is given and leaves the rest. Without a job for the idle timeout they are removed again; its jobs go to the common workers then.'
  static override examples = [
    '<%= config.bin %> orchestrator create --feature customer-support',
    '<%= config.bin %> orchestrator create --feature search --min 2 --max 8 --idle-timeout 1h --json',
  ]
  static override flags = {
    feature: featureFlag,
    min: Flags.integer({ description: 'Workers at least [default: 1 for a new feature]', min: 1, max: 64 }),
    max: Flags.integer({ description: 'Workers at most [default: 5 for a new feature]', min: 1, max: 64 }),
    'idle-timeout': durationFlag({
      description: 'Time without a job after which they are removed [default: 5m for a new feature]',
    }),
    timeout: timeoutFlag,
    ...redisFlags,
  }

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(OrchestratorCreate)
    const { askOrchestrator } = await import('../../cli/orchestrator/ask.ts')
    const { CREATE, orchestratorError } = await import('../../runtime/orchestrator/index.ts')
    const wait = flags.timeout / 1_000
    const { feature, min, max, 'idle-timeout': idle } = flags
    const data = {
      ...{ feature_id: feature, wait_s: wait },
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
      ...(idle === undefined ? {} : { idle_timeout_s: idle / 1_000 }),
    }
    const say = (text: string) => this.say(text)
    const made = await askOrchestrator<FeatureView>(flags, { type: CREATE, data, wait, say })
    const { describeFeature } = await import('../../cli/orchestrator/feature-text.ts')
    if (made.state !== 'ready') throw orchestratorError('FEATURE_NOT_READY', describeFeature(made))
    if (!this.jsonEnabled()) this.log(describeFeature(made))
    return made
  }
}

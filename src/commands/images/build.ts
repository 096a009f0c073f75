import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { flagsOf } from '../../cli/flags.ts'
import { engineOnly } from '../../cli/images/image-flags.ts'

export default class ImagesBuild extends BaseCommand {
  static override summary = 'Make the images that programs are run in'
  static override description =
    'From a registry where the Docker engine reaches one, else from Debian packages and the Node that runs agentctl. Needs the engine itself, not the Docker proxy.'
  static override examples = [
    '<%= config.bin %> images build',
    '<%= config.bin %> images build python --from debian',
  ]
  static override strict = false
  static override args = {
    image: Args.string({ description: 'python or node; both where none is named' }),
  }
  static override flags = {
    ...flagsOf(engineOnly),
    from: Flags.option({ options: ['auto', 'registry', 'debian'] as const, default: 'auto' as const })({
      description: 'What to make them from',
    }),
    mirror: Flags.string({
      description: 'Take base images from here instead of Docker Hub, such as registry.local:5000/library',
    }),
  }

  override async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(ImagesBuild)
    const { from, mirror, ...own } = flags
    const { runBuild } = await import('../../cli/images/run-build.ts')
    const built = await runBuild(argv as string[], { from, mirror }, own, (text) => this.say(text))
    if (!this.jsonEnabled()) {
      const { builtText } = await import('../../cli/images/image-tables.ts')
      this.log(builtText(built))
    }
    return built
  }
}

import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { flagsOf } from '../cli/flags.ts'
import { stateDirOf, stateOnly } from '../cli/state-only.ts'

export default class Ps extends BaseCommand {
  static override summary = 'List what the running serve runs'
  static override examples = [
    '<%= config.bin %> ps',
    '<%= config.bin %> ps -o wide',
    '<%= config.bin %> ps --json',
  ]
  static override flags = {
    ...flagsOf(stateOnly),
    output: Flags.option({
      options: ['table', 'wide', 'json', 'ndjson', 'name'] as const,
      char: 'o',
      default: 'table',
    })({
      description: 'Form of the output',
    }),
    watch: Flags.boolean({ description: 'Stay and show changes', char: 'w' }),
  }

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(Ps)
    const { connectToServe } = await import('../runtime/supervisor/index.ts')
    const client = connectToServe(stateDirOf(flags))
    if (flags.watch && process.stdout.isTTY && !this.jsonEnabled()) {
      const { withProductionReact } = await import('../ui/production.ts')
      const { watchReplicas } = await withProductionReact(() => import('../ui/watch-replicas.tsx'))
      return watchReplicas(() => client.status())
    }
    const { renderReplicas, withoutPasswords } = await import('../cli/replicas.ts')
    const status = withoutPasswords(await client.status())
    if (!this.jsonEnabled()) this.log(renderReplicas(status, flags.output, Date.now()))
    return status
  }
}

import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { logsFlags, targetArg } from '../cli/logs-flags.ts'

export default class Logs extends BaseCommand {
  static override summary = 'Show what the replicas of the running serve have logged'
  static override examples = [
    '<%= config.bin %> logs -f',
    '<%= config.bin %> logs worker/1 -n 20',
    '<%= config.bin %> logs --json',
  ]
  static override args = { target: targetArg }
  static override flags = {
    ...logsFlags,
    follow: Flags.boolean({ description: 'Stay and show new lines', char: 'f', default: false }),
  }

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Logs)
    const { runLogs } = await import('../cli/run-logs.ts')
    await runLogs({
      ...{ target: args.target, flags, follow: flags.follow, json: this.jsonEnabled() },
      print: (line) => this.print(line),
    })
  }

  /** The lines are the output, one JSON object each. */
  protected override logJson(): void {}
}

import { BaseCommand } from '../../cli/base-command.ts'
import { logsFlags, targetArg } from '../../cli/logs-flags.ts'

export default class TailLogs extends BaseCommand {
  static override summary = 'Follow what the replicas of the running serve log'
  static override description = 'The same as `agentctl logs --follow`.'
  static override examples = [
    '<%= config.bin %> tail logs',
    '<%= config.bin %> tail logs worker -n 0',
    '<%= config.bin %> tail logs gateway --json',
  ]
  static override args = { target: targetArg }
  static override flags = logsFlags

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(TailLogs)
    const { runLogs } = await import('../../cli/run-logs.ts')
    await runLogs({
      ...{ target: args.target, flags, follow: true, json: this.jsonEnabled() },
      print: (line) => this.print(line),
    })
  }

  /** The lines are the output, one JSON object each. */
  protected override logJson(): void {}
}

import { BaseCommand } from '../cli/base-command.ts'
import { dashFlags } from '../cli/dash/dash-flags.ts'

export default class Dash extends BaseCommand {
  static override summary =
    'Watch everything on one screen: streams, groups, replicas, latencies, logs, dead letters'
  static override description =
    'Works on any Redis, with or without a `serve` that runs here, and says what it cannot know. Looking changes nothing. ' +
    'Without a terminal it prints what there is once.'
  static override examples = [
    '<%= config.bin %> dash',
    '<%= config.bin %> dash --pane groups --interval 5s',
    '<%= config.bin %> dash --once',
    '<%= config.bin %> dash --json --follow',
    '<%= config.bin %> dash --redis-url redis://10.0.0.5:6379 --read-only',
  ]
  static override flags = dashFlags

  override async run(): Promise<void> {
    const { flags } = await this.parse(Dash)
    const { runDash } = await import('../cli/run-dash.ts')
    await runDash(flags, {
      json: this.jsonEnabled(),
      say: (text) => this.say(text),
      print: (line) => this.print(line),
    })
  }

  /** The snapshot is printed as it comes. */
  protected override logJson(): void {}
}

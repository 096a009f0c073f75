import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { flagsOf } from '../cli/flags.ts'
import { stateDirOf, stateOnly } from '../cli/state-only.ts'

export default class Logs extends BaseCommand {
  static override summary = 'Show what the replicas of the running serve have logged'
  static override examples = [
    '<%= config.bin %> logs -f',
    '<%= config.bin %> logs worker/1 -n 20',
    '<%= config.bin %> logs --json',
  ]
  static override args = { target: Args.string({ description: 'ROLE or ROLE/NUMBER; all when left out' }) }
  static override flags = {
    ...flagsOf(stateOnly),
    follow: Flags.boolean({ description: 'Stay and show new lines', char: 'f' }),
    lines: Flags.integer({
      description: 'Lines to begin with',
      char: 'n',
      default: 100,
      min: 0,
      max: 10_000,
    }),
  }

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Logs)
    const [{ connectToServe }, { createLogFormat }, { interrupted }] = await Promise.all([
      import('../runtime/supervisor/index.ts'),
      import('../cli/log-lines.ts'),
      import('../cli/interrupted.ts'),
    ])
    const client = connectToServe(stateDirOf(flags))
    const format = this.jsonEnabled()
      ? JSON.stringify
      : createLogFormat(process.stdout.hasColors?.() === true)
    const target = args.target === undefined ? {} : { target: args.target }
    for await (const line of client.logs({
      lines: flags.lines,
      follow: flags.follow ?? false,
      signal: interrupted(),
      ...target,
    })) {
      await this.print(format(line))
    }
  }

  /** The lines are the output, one JSON object each. */
  protected override logJson(): void {}
}

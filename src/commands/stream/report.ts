import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { allFlag, durationFlag, outputFlag, redisFlags, redisOnly } from '../../cli/streams/stream-flags.ts'

export default class StreamReport extends BaseCommand {
  static override summary = 'Say what is wrong with streams and their groups, and what to do about it'
  static override description =
    'A consumer counts as alive when it has asked for entries within the last minute. Exit code 1 with --strict when there is a finding.'
  static override examples = [
    '<%= config.bin %> stream report',
    '<%= config.bin %> stream report "task.*" --strict',
    '<%= config.bin %> stream report --stuck-after 30s --json',
  ]
  static override args = {
    pattern: Args.string({ description: 'Pattern of event types such as "task.*", or of keys' }),
  }
  static override flags = {
    ...redisFlags,
    all: allFlag,
    'stuck-after': durationFlag({
      description: 'Idle time after which a pending entry counts as stuck [default: 5m]',
      default: 300_000,
    }),
    strict: Flags.boolean({ description: 'Fail when there is a finding' }),
    output: outputFlag,
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(StreamReport)
    const { readStreams } = await import('../../cli/streams/read-streams.ts')
    const { reportHealth } = await import('../../runtime/inspect/index.ts')
    const streams = await readStreams(redisOnly, flags, args.pattern, flags.all)
    const rows = reportHealth(streams, flags['stuck-after'])
    if (!this.jsonEnabled()) {
      const { renderReport } = await import('../../cli/streams/stream-text.ts')
      this.log(renderReport(rows, flags.output))
    }
    if (flags.strict && rows.some(({ findings }) => findings.length > 0)) process.exitCode = 1
    return rows
  }
}

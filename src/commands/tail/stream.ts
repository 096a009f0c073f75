import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { tailFlags, tailSettings } from '../../cli/tail-flags.ts'

export default class TailStream extends BaseCommand {
  static override summary = 'Show the entries of one or many streams, and follow them'
  static override description = 'Only reads: it joins no consumer group, so watching changes nothing.'
  static override examples = [
    '<%= config.bin %> tail stream stream:test:chat-1 --from first',
    '<%= config.bin %> tail stream "stream:*" --follow --grep "Message 1"',
    '<%= config.bin %> tail stream --since 10m --filter kind=error --json',
  ]
  static override args = {
    key: Args.string({
      description: 'Key of a stream, or a pattern such as "stream:*"',
      default: 'stream:*',
    }),
  }
  static override flags = {
    ...tailFlags,
    'until-end': Flags.boolean({ description: 'Follow until every stream has ended' }),
  }

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(TailStream)
    const { runTail } = await import('../../cli/run-tail.ts')
    const { from, count, follow, 'until-end': untilEnd, filter, grep, fields, output, ...own } = flags
    await runTail({
      key: args.key,
      settings: tailSettings,
      flags: own,
      options: { from, count, follow, untilEnd, filter: filter ?? [], grep, fields },
      json: this.jsonEnabled() || output !== 'text',
      print: (line) => this.print(line),
    })
  }

  /** The entries are the output, one JSON object each. */
  protected override logJson(): void {}
}

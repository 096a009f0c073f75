import { Args, Flags } from '@oclif/core'
import { z } from 'zod'
import { BaseCommand } from '../../cli/base-command.ts'
import { flagsOf } from '../../cli/flags.ts'
import { duration, redisSettings, stateSettings } from '../../runtime/kernel/index.ts'

const settings = z.object({
  ...redisSettings,
  ...stateSettings,
  since: duration()
    .optional()
    .meta({ description: 'Entries of the last while, such as 10m', placeholder: 'DURATION' }),
})

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
    ...flagsOf(settings),
    from: Flags.string({
      description: 'Where to begin: an entry id, "first" or "new"',
      helpValue: '<id|first|new>',
    }),
    count: Flags.integer({ description: 'Newest entries to begin with', char: 'n', default: 10, min: 0 }),
    follow: Flags.boolean({ description: 'Stay and show new entries', char: 'f' }),
    'until-end': Flags.boolean({ description: 'Follow until every stream has ended' }),
    filter: Flags.string({
      description: 'Only entries with this value',
      multiple: true,
      helpValue: '<field=value>',
    }),
    grep: Flags.string({ description: 'Only entries with a value that matches', helpValue: '<regexp>' }),
    fields: Flags.string({ description: 'Fields to show, separated by commas', helpValue: '<a,b>' }),
    output: Flags.option({ options: ['text', 'json', 'ndjson'] as const, char: 'o', default: 'text' })({
      description: 'Form of the output',
    }),
  }

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(TailStream)
    const { runTail } = await import('../../cli/run-tail.ts')
    const { from, count, follow, 'until-end': untilEnd, filter, grep, fields, output, ...own } = flags
    await runTail({
      key: args.key,
      settings,
      flags: own,
      options: { from, count, follow, untilEnd, filter: filter ?? [], grep, fields },
      json: this.jsonEnabled() || output !== 'text',
      print: (line) => this.print(line),
    })
  }

  /** The entries are the output, one JSON object each. */
  protected override logJson(): void {}
}

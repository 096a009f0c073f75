import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { allFlag, outputFlag, redisFlags, redisOnly } from '../../cli/streams/stream-flags.ts'

export default class StreamLs extends BaseCommand {
  static override summary = 'List streams with their length, groups and lag'
  static override description =
    'Lists the streams of the event bus, or all there are with --all. A lag written as >= is counted no further.'
  static override examples = [
    '<%= config.bin %> stream ls',
    '<%= config.bin %> stream ls "task.*" -o wide',
    '<%= config.bin %> stream ls --all "chat:*" --json',
  ]
  static override args = {
    pattern: Args.string({
      description: 'Pattern of event types such as "task.*", or of keys such as "agent:stream:*"',
    }),
  }
  static override flags = { ...redisFlags, all: allFlag, output: outputFlag }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(StreamLs)
    const { readStreams } = await import('../../cli/streams/read-streams.ts')
    const streams = await readStreams(redisOnly, flags, args.pattern, flags.all)
    if (!this.jsonEnabled()) {
      const { renderList } = await import('../../cli/list.ts')
      const { streamColumns } = await import('../../cli/streams/stream-tables.ts')
      this.log(renderList(streams, streamColumns(Date.now()), flags.output, (row) => row.stream))
    }
    return streams
  }
}

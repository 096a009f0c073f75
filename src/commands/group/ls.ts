import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { allFlag, outputFlag, redisFlags, redisOnly } from '../../cli/streams/stream-flags.ts'

export default class GroupLs extends BaseCommand {
  static override summary = 'List consumer groups with lag, pending entries and consumers'
  static override description =
    'ALIVE counts the consumers that have asked for entries within the last minute; LOST the entries that were removed before the group had handled them.'
  static override examples = [
    '<%= config.bin %> group ls',
    '<%= config.bin %> group ls task.created -o wide',
    '<%= config.bin %> group ls --all --json',
  ]
  static override args = {
    stream: Args.string({ description: 'Event type, or key of a stream [default: all]' }),
  }
  static override flags = { ...redisFlags, all: allFlag, output: outputFlag }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(GroupLs)
    const { readNamedOrAll } = await import('../../cli/streams/read-streams.ts')
    const streams = await readNamedOrAll(redisOnly, flags, args.stream, flags.all)
    const groups = streams.flatMap((stream) => stream.consumer_groups)
    if (!this.jsonEnabled()) {
      const { renderList } = await import('../../cli/list.ts')
      const { groupColumns } = await import('../../cli/streams/stream-tables.ts')
      this.log(renderList(groups, groupColumns, flags.output, (row) => `${row.stream} ${row.group}`))
    }
    return groups
  }
}

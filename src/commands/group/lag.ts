import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { allFlag, outputFlag, redisFlags, redisOnly } from '../../cli/streams/stream-flags.ts'

export default class GroupLag extends BaseCommand {
  static override summary = 'Show what groups have not read yet, in total and by stream'
  static override description =
    'Entries are counted in the stream, so that the number is right also where Redis has none. Written as >= it is counted no further; LOST are entries that were removed unread.'
  static override examples = [
    '<%= config.bin %> group lag',
    '<%= config.bin %> group lag task.created',
    '<%= config.bin %> group lag --json',
  ]
  static override args = {
    stream: Args.string({ description: 'Event type, or key of a stream [default: all]' }),
  }
  static override flags = { ...redisFlags, all: allFlag, output: outputFlag }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(GroupLag)
    const { readNamedOrAll } = await import('../../cli/streams/read-streams.ts')
    const { totalByGroup } = await import('../../runtime/inspect/index.ts')
    const streams = await readNamedOrAll(redisOnly, flags, args.stream, flags.all)
    const totals = totalByGroup(streams.flatMap((stream) => stream.consumer_groups))
    if (!this.jsonEnabled()) {
      const { renderTotals } = await import('../../cli/streams/stream-text.ts')
      this.log(renderTotals(totals, flags.output))
    }
    return totals
  }
}

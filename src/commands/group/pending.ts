import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { durationFlag, outputFlag, redisFlags, redisOnly } from '../../cli/streams/stream-flags.ts'

export default class GroupPending extends BaseCommand {
  static override summary = 'List the entries that a group was given and has not acknowledged'
  static override examples = [
    '<%= config.bin %> group pending task.created agent-group',
    '<%= config.bin %> group pending task.created agent-group --idle 5m --consumer agent-1',
    '<%= config.bin %> group pending task.created agent-group -n 100 -o name',
  ]
  static override args = {
    stream: Args.string({ description: 'Event type, or key of a stream', required: true }),
    group: Args.string({ description: 'Consumer group', required: true }),
  }
  static override flags = {
    ...redisFlags,
    idle: durationFlag({ description: 'Only entries delivered so long ago' }),
    consumer: Flags.string({ description: 'Only entries of this consumer', helpValue: '<name>' }),
    count: Flags.integer({ description: 'Most entries to show', char: 'n', default: 20, min: 1 }),
    output: outputFlag,
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(GroupPending)
    const { describeGroup, findStream, listPending } = await import('../../runtime/inspect/index.ts')
    const { withRedis } = await import('../../cli/with-redis.ts')
    const entries = await withRedis(redisOnly, flags, async (redis) => {
      const { stream, group } = await describeGroup(redis, await findStream(redis, args.stream), args.group)
      return listPending(redis, stream, group, flags)
    })
    if (!this.jsonEnabled()) {
      const { renderList } = await import('../../cli/list.ts')
      const { pendingColumns } = await import('../../cli/streams/stream-tables.ts')
      this.log(renderList(entries, pendingColumns(Date.now()), flags.output, (row) => row.id))
    }
    return entries
  }
}

import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { redisFlags, redisOnly } from '../../cli/streams/stream-flags.ts'

export default class GroupInfo extends BaseCommand {
  static override summary = 'Show one consumer group and its consumers'
  static override examples = [
    '<%= config.bin %> group info task.created agent-group',
    '<%= config.bin %> group info task.created agent-group --json',
  ]
  static override args = {
    stream: Args.string({ description: 'Event type, or key of a stream', required: true }),
    group: Args.string({ description: 'Consumer group', required: true }),
  }
  static override flags = redisFlags

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(GroupInfo)
    const { describeGroup, findStream } = await import('../../runtime/inspect/index.ts')
    const { withRedis } = await import('../../cli/with-redis.ts')
    const group = await withRedis(redisOnly, flags, async (redis) =>
      describeGroup(redis, await findStream(redis, args.stream), args.group),
    )
    if (!this.jsonEnabled()) {
      const { renderGroup } = await import('../../cli/streams/stream-text.ts')
      this.log(renderGroup(group, Date.now()))
    }
    return group
  }
}

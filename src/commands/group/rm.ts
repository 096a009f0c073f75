import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { changeFlags, redisFlags, redisOnly } from '../../cli/streams/stream-flags.ts'

export default class GroupRm extends BaseCommand {
  static override summary = 'Remove a group, or one of its consumers'
  static override description =
    'Refuses a group that has pending entries or living consumers, and a consumer that has pending entries, unless --force is given: they would be forgotten.'
  static override examples = [
    '<%= config.bin %> group rm task.created old-group',
    '<%= config.bin %> group rm task.created agent-group --consumer agent-7',
    '<%= config.bin %> group rm task.created old-group --force --yes',
  ]
  static override args = {
    stream: Args.string({ description: 'Event type, or key of a stream', required: true }),
    group: Args.string({ description: 'Consumer group', required: true }),
  }
  static override flags = {
    ...redisFlags,
    consumer: Flags.string({ description: 'Remove only this consumer', helpValue: '<name>' }),
    force: Flags.boolean({ description: 'Remove what is in use, and forget what is pending' }),
    ...changeFlags,
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(GroupRm)
    const { findStream } = await import('../../runtime/inspect/index.ts')
    const { removing } = await import('../../cli/changes/remove.ts')
    const { runChange } = await import('../../cli/run-change.ts')
    const { withRedis } = await import('../../cli/with-redis.ts')
    return withRedis(redisOnly, flags, async (redis) => {
      const stream = await findStream(redis, args.stream)
      const change = removing(redis, { stream, group: args.group, consumer: flags.consumer }, flags.force)
      return runChange(change, flags, { print: (line) => this.log(line), say: (line) => this.say(line) })
    })
  }
}

import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { changeFlags, redisFlags, redisOnly } from '../../cli/streams/stream-flags.ts'

export default class StreamPurge extends BaseCommand {
  static override summary = 'Remove all entries of a stream, and what is pending in its groups'
  static override description =
    'Groups stay and go on with what is added next, so that running consumers are not disturbed; --key removes them too. What the event bus remembers of the entries, such as which were handled, is forgotten.'
  static override examples = [
    '<%= config.bin %> stream purge task.created --dry-run',
    '<%= config.bin %> stream purge task.created',
    '<%= config.bin %> stream purge task.created --key --yes',
  ]
  static override args = {
    stream: Args.string({ description: 'Event type, or key of a stream', required: true }),
  }
  static override flags = {
    ...redisFlags,
    key: Flags.boolean({ description: 'Remove the key itself, with its groups' }),
    ...changeFlags,
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(StreamPurge)
    const { findStream } = await import('../../runtime/inspect/index.ts')
    const { purging } = await import('../../cli/changes/purge.ts')
    const { runChange } = await import('../../cli/run-change.ts')
    const { withRedis } = await import('../../cli/with-redis.ts')
    return withRedis(redisOnly, flags, async (redis) => {
      const stream = await findStream(redis, args.stream)
      const change = purging(redis, stream, flags.key)
      return runChange(change, flags, { print: (line) => this.log(line), say: (line) => this.say(line) })
    })
  }
}

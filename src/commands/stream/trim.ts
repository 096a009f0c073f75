import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { changeFlags, durationFlag, redisFlags, redisOnly } from '../../cli/streams/stream-flags.ts'

export default class StreamTrim extends BaseCommand {
  static override summary = 'Remove the oldest entries of a stream, but none that a group still needs'
  static override description =
    'Entries that are pending or unread in any group stay, with all that comes after them, unless --force is given.'
  static override examples = [
    '<%= config.bin %> stream trim task.created --max-length 10000',
    '<%= config.bin %> stream trim task.created --max-age 7d --dry-run',
    '<%= config.bin %> stream trim task.created --max-length 1000 --force --yes',
  ]
  static override args = {
    stream: Args.string({ description: 'Event type, or key of a stream', required: true }),
  }
  static override flags = {
    ...redisFlags,
    'max-length': Flags.integer({ description: 'Newest entries to keep', min: 0 }),
    'max-age': durationFlag({ description: 'Remove entries that are older' }),
    force: Flags.boolean({ description: 'Also remove what groups have not handled' }),
    ...changeFlags,
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(StreamTrim)
    const { findStream } = await import('../../runtime/inspect/index.ts')
    const { trimming } = await import('../../cli/changes/trim.ts')
    const limits = { maxLength: flags['max-length'], maxAge: flags['max-age'] }
    const { runChange } = await import('../../cli/run-change.ts')
    const { withRedis } = await import('../../cli/with-redis.ts')
    return withRedis(redisOnly, flags, async (redis) => {
      const stream = await findStream(redis, args.stream)
      const change = trimming(redis, stream, limits, flags.force)
      return runChange(change, flags, { print: (line) => this.log(line), say: (line) => this.say(line) })
    })
  }
}

import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { changeFlags, redisFlags, redisOnly } from '../../cli/streams/stream-flags.ts'

export default class GroupReset extends BaseCommand {
  static override summary = 'Have a group read on from another place, and drop what it has pending'
  static override description =
    'Its consumers stay and read on. Events that the event bus remembers as handled are handled again, unless --keep-handled is given.'
  static override examples = [
    '<%= config.bin %> group reset task.created agent-group --to first --dry-run',
    '<%= config.bin %> group reset task.created agent-group --to 2026-11-21T12:00:00Z',
    '<%= config.bin %> group reset task.created agent-group --to new --yes',
  ]
  static override args = {
    stream: Args.string({ description: 'Event type, or key of a stream', required: true }),
    group: Args.string({ description: 'Consumer group', required: true }),
  }
  static override flags = {
    ...redisFlags,
    to: Flags.string({
      description:
        'Where to go on: the first entry there is, what is new, after an entry id, or from a time on',
      helpValue: '<first|new|id|time>',
      required: true,
    }),
    'keep-handled': Flags.boolean({ description: 'Go on skipping events that were handled before' }),
    ...changeFlags,
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(GroupReset)
    const { findStream, parsePlace } = await import('../../runtime/inspect/index.ts')
    const { resetting } = await import('../../cli/changes/reset.ts')
    const place = parsePlace(flags.to)
    const { runChange } = await import('../../cli/run-change.ts')
    const { withRedis } = await import('../../cli/with-redis.ts')
    return withRedis(redisOnly, flags, async (redis) => {
      const stream = await findStream(redis, args.stream)
      const change = resetting(redis, stream, args.group, place, flags['keep-handled'])
      return runChange(change, flags, { print: (line) => this.log(line), say: (line) => this.say(line) })
    })
  }
}

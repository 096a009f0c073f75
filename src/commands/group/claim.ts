import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { changeFlags, durationFlag, redisFlags, redisOnly } from '../../cli/streams/stream-flags.ts'

export default class GroupClaim extends BaseCommand {
  static override summary = 'Give pending entries of a group to another consumer'
  static override description = 'Moves them without counting as a delivery. Give ids to move only these.'
  static override examples = [
    '<%= config.bin %> group claim task.created agent-group --consumer agent-2 --from agent-1',
    '<%= config.bin %> group claim task.created agent-group --consumer agent-2 --min-idle 10m --dry-run',
    '<%= config.bin %> group claim task.created agent-group --consumer agent-2 --min-idle 0s 1732153000000-0',
  ]
  static override strict = false
  static override args = {
    stream: Args.string({ description: 'Event type, or key of a stream', required: true }),
    group: Args.string({ description: 'Consumer group', required: true }),
  }
  static override flags = {
    ...redisFlags,
    consumer: Flags.string({ description: 'Who gets them', helpValue: '<name>', required: true }),
    from: Flags.string({ description: 'Only entries of this consumer', helpValue: '<name>' }),
    'min-idle': durationFlag({
      description: 'Only entries delivered so long ago [default: 60s]',
      default: 60_000,
    }),
    ...changeFlags,
  }

  override async run(): Promise<unknown> {
    const { args, flags, argv } = await this.parse(GroupClaim)
    const { findStream, parseIds } = await import('../../runtime/inspect/index.ts')
    const { claiming } = await import('../../cli/changes/claim.ts')
    const ids = parseIds(argv.slice(2) as string[])
    const wish = { to: flags.consumer, from: flags.from, minIdle: flags['min-idle'], ids }
    const { runChange } = await import('../../cli/run-change.ts')
    const { withRedis } = await import('../../cli/with-redis.ts')
    return withRedis(redisOnly, flags, async (redis) => {
      const stream = await findStream(redis, args.stream)
      const change = claiming(redis, stream, args.group, wish)
      return runChange(change, flags, { print: (line) => this.log(line), say: (line) => this.say(line) })
    })
  }
}

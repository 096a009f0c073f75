import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { changeFlags, redisFlags, redisOnly } from '../../cli/streams/stream-flags.ts'

export default class StreamCopy extends BaseCommand {
  static override summary = 'Copy entries of a stream behind those of another'
  static override description =
    'The source stays as it is, and no group is touched. What is added while it runs is not copied. Each entry gets a new id, so ' +
    'that groups of the other stream are given it, unless --keep-ids.'
  static override examples = [
    '<%= config.bin %> stream copy task.created task.created.backup --keep-ids --dry-run',
    '<%= config.bin %> stream copy task.created task.retry --from 2026-11-21T12:00:00Z --filter priority=high --yes',
  ]
  static override args = {
    from: Args.string({ description: 'Event type, or key of a stream', required: true }),
    to: Args.string({
      description: 'Event type, or key of a stream; it is made if there is none',
      required: true,
    }),
  }
  static override flags = {
    ...redisFlags,
    from: Flags.string({ description: 'First entry: its id, or a time', helpValue: '<id|time>' }),
    to: Flags.string({ description: 'Last entry: its id, or a time', helpValue: '<id|time>' }),
    filter: Flags.string({
      description: 'Only entries with this value; may be given several times',
      multiple: true,
      helpValue: '<field=value>',
    }),
    grep: Flags.string({ description: 'Only entries with a value that matches', helpValue: '<regexp>' }),
    'keep-ids': Flags.boolean({
      description: 'Keep the ids, and leave out what is not behind the last one there',
    }),
    ...changeFlags,
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(StreamCopy)
    const { createFilter, findStream, findTarget, rangeOf } = await import('../../runtime/inspect/index.ts')
    const { copying } = await import('../../cli/changes/copy.ts')
    const { runChange } = await import('../../cli/run-change.ts')
    const { withRedis } = await import('../../cli/with-redis.ts')
    const range = rangeOf(flags.from, flags.to)
    const wanted = createFilter(flags.filter ?? [], flags.grep)
    return withRedis(redisOnly, flags, async (redis) => {
      const [from, to] = [await findStream(redis, args.from), await findTarget(redis, args.to)]
      const change = copying(redis, { from, to, ...range, wanted, keepIds: flags['keep-ids'] })
      return runChange(change, flags, { print: (line) => this.log(line), say: (line) => this.say(line) })
    })
  }
}

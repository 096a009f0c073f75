import { BaseCommand } from '../../cli/base-command.ts'
import { typeArg } from '../../cli/events/event-flags.ts'
import { changeFlags, durationFlag, redisFlags, redisOnly } from '../../cli/streams/stream-flags.ts'

export default class DlqPurge extends BaseCommand {
  static override summary = 'Remove dead letters for good'
  static override examples = [
    '<%= config.bin %> dlq purge task.created --dry-run',
    '<%= config.bin %> dlq purge task.created --older-than 7d --yes',
  ]
  static override args = { type: typeArg }
  static override flags = {
    ...redisFlags,
    'older-than': durationFlag({ description: 'Only letters of this age' }),
    ...changeFlags,
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(DlqPurge)
    const { createDeadLetters } = await import('../../runtime/bus/index.ts')
    const { purgingLetters } = await import('../../cli/changes/purge-letters.ts')
    const { runChange } = await import('../../cli/run-change.ts')
    const { withRedis } = await import('../../cli/with-redis.ts')
    const age = flags['older-than']
    const before = age === undefined ? undefined : Date.now() - age
    return withRedis(redisOnly, flags, (redis) =>
      runChange(purgingLetters(createDeadLetters({ redis }), args.type, before), flags, {
        print: (line) => this.log(line),
        say: (line) => this.say(line),
      }),
    )
  }
}

import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { typeArg } from '../../cli/events/event-flags.ts'
import { redisFlags } from '../../cli/streams/stream-flags.ts'

export default class DlqRetry extends BaseCommand {
  static override summary =
    'Put dead letters back into their stream, for the group that could not handle them'
  static override examples = [
    '<%= config.bin %> dlq retry task.created 1732153000000-0',
    '<%= config.bin %> dlq retry task.created --all',
    '<%= config.bin %> dlq retry task.created --all -n 10',
  ]
  static override args = {
    type: typeArg,
    ids: Args.string({ description: 'Ids of dead letters', multiple: true, default: [] }),
  }
  static override flags = {
    ...redisFlags,
    all: Flags.boolean({ description: 'All that are there now' }),
    count: Flags.integer({
      description: 'So many at most, the oldest first',
      char: 'n',
      min: 1,
      dependsOn: ['all'],
    }),
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(DlqRetry)
    const { retryLetters } = await import('../../cli/events/retry-letters.ts')
    const retried = await retryLetters(args.type, args.ids, flags)
    if (!this.jsonEnabled()) for (const { letter, entry } of retried) await this.print(`${letter}  ${entry}`)
    this.say(
      retried.length === 1
        ? '1 event is in its stream again.'
        : `${retried.length} events are in their stream again.`,
    )
    return { retried }
  }
}

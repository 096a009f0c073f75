import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { rangeFlags, typeArg } from '../../cli/events/event-flags.ts'
import { redisFlags } from '../../cli/streams/stream-flags.ts'

export default class EventReplay extends BaseCommand {
  static override summary = 'Hand past events to a handler again, in order'
  static override description =
    'Only reads: nothing is acknowledged, no group is touched and no reply is sent. It ends at the newest event there was when it began.'
  static override examples = [
    '<%= config.bin %> event replay task.created --handler ./rebuild.ts',
    `<%= config.bin %> event replay task.created --exec 'jq -c .data' --from 2026-11-21T12:00:00Z`,
    '<%= config.bin %> event replay task.created --handler ./rebuild.ts --keep-going',
  ]
  static override args = { type: typeArg }
  static override flags = {
    ...redisFlags,
    ...rangeFlags,
    handler: Flags.string({
      description: 'Module whose default export is a function (data, context)',
      helpValue: '<file>',
      exactlyOne: ['handler', 'exec'],
    }),
    exec: Flags.string({
      description: 'Shell command that gets each event as JSON on stdin; its output is printed',
      helpValue: '<command>',
    }),
    'keep-going': Flags.boolean({ description: 'Go on after failures, and count them' }),
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(EventReplay)
    const { runReplay } = await import('../../cli/events/run-replay.ts')
    const print = this.jsonEnabled() ? () => {} : (line: string) => this.print(line)
    return runReplay(args.type, flags, { print, say: (text) => this.say(text) })
  }
}

import { BaseCommand } from '../../cli/base-command.ts'
import { dataArg, publishFlags, typeArg } from '../../cli/events/event-flags.ts'
import { flagsOf } from '../../cli/flags.ts'
import { redisOnly } from '../../cli/streams/stream-flags.ts'
import { duration } from '../../runtime/kernel/index.ts'

const settings = redisOnly.extend({
  timeout: duration('1ms')
    .prefault('30s')
    .meta({ description: 'How long to wait for the reply', placeholder: 'DURATION' }),
})

export default class EventRequest extends BaseCommand {
  static override summary = 'Publish an event and wait for the reply of its consumer'
  static override description = 'Prints the result; with --json the whole reply.'
  static override examples = [
    `<%= config.bin %> event request document.process '{"doc_id":"456"}'`,
    `<%= config.bin %> event request sum.wanted '{"a":1,"b":2}' --timeout 5s --json`,
  ]
  static override args = { type: typeArg, data: dataArg }
  static override flags = { ...flagsOf(settings), ...publishFlags }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(EventRequest)
    const { runRequest } = await import('../../cli/events/run-request.ts')
    const { reply, text } = await runRequest(settings, args.type, args.data, flags)
    if (!this.jsonEnabled()) await this.print(text)
    return reply
  }
}

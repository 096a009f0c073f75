import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { tailFlags, tailSettings } from '../../cli/tail-flags.ts'

export default class TailEvents extends BaseCommand {
  static override summary = 'Show the events of one or many types, and follow them'
  static override description =
    'Only reads: it joins no consumer group, so watching changes nothing. Replies to requests are not shown.'
  static override examples = [
    '<%= config.bin %> tail events --follow',
    '<%= config.bin %> tail events task.created --from first',
    '<%= config.bin %> tail events "task.*" --follow --filter priority=high --json',
  ]
  static override args = {
    type: Args.string({
      description: 'Event type, or a pattern such as "task.*"',
      default: '*',
    }),
  }
  static override flags = tailFlags

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(TailEvents)
    const { renderEvent } = await import('../../cli/events/event-line.ts')
    const { runTail } = await import('../../cli/run-tail.ts')
    const { streamKey } = await import('../../runtime/bus/index.ts')
    const { from, count, follow, filter, grep, fields, output, ...own } = flags
    await runTail({
      key: streamKey(args.type),
      settings: tailSettings,
      flags: own,
      options: { from, count, follow, untilEnd: false, filter: filter ?? [], grep, fields },
      json: this.jsonEnabled() || output !== 'text',
      render: renderEvent,
      print: (line) => this.print(line),
    })
  }

  /** The events are the output, one JSON object each. */
  protected override logJson(): void {}
}

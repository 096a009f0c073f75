import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { dataArg, publishFlags, typeArg } from '../../cli/events/event-flags.ts'
import { redisFlags } from '../../cli/streams/stream-flags.ts'

export default class EventPublish extends BaseCommand {
  static override summary = 'Publish an event, or one for each line of stdin'
  static override description = 'Prints the event id of each, or with --json its receipt.'
  static override examples = [
    `<%= config.bin %> event publish task.created '{"task_id":"task-123","priority":"high"}'`,
    '<%= config.bin %> event publish task.created --stdin-lines < tasks.ndjson',
    `<%= config.bin %> event publish order.placed '{"total":5}' --id order-17 --replicas 1`,
  ]
  static override args = { type: typeArg, data: dataArg }
  static override flags = {
    ...redisFlags,
    ...publishFlags,
    'stdin-lines': Flags.boolean({
      description: 'Read the data of many events from stdin, one JSON value a line',
      exclusive: ['id'],
    }),
    replicas: Flags.integer({
      description: 'Wait until so many replicas of Redis have it',
      min: 1,
      helpValue: '<number>',
    }),
  }

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(EventPublish)
    const { runPublish } = await import('../../cli/events/run-publish.ts')
    await runPublish({
      type: args.type,
      data: args.data,
      flags,
      json: this.jsonEnabled(),
      print: (line) => this.print(line),
      say: (text) => this.say(text),
    })
  }

  /** Receipts are printed as they come, one JSON object each. */
  protected override logJson(): void {}
}

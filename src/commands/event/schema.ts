import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { outputFlag, redisFlags } from '../../cli/streams/stream-flags.ts'

export default class EventSchema extends BaseCommand {
  static override summary = 'List, show, register or remove what the data of events must look like'
  static override description =
    'A registered schema is kept in Redis and holds for every publisher and consumer within seconds. Fields marked * are required.'
  static override examples = [
    '<%= config.bin %> event schema',
    '<%= config.bin %> event schema task.created',
    '<%= config.bin %> event schema order.placed --register order.schema.json --schema-version 2',
    '<%= config.bin %> event schema order.placed --remove --schema-version 2',
  ]
  static override args = { type: Args.string({ description: 'Event type' }) }
  static override flags = {
    ...redisFlags,
    register: Flags.string({
      description: 'Store the JSON Schema in this file (- for stdin)',
      helpValue: '<file>',
      dependsOn: ['schema-version'],
      exclusive: ['remove'],
    }),
    remove: Flags.boolean({ description: 'Remove the stored schema', dependsOn: ['schema-version'] }),
    'schema-version': Flags.string({ description: 'Version, such as 2', helpValue: '<version>' }),
    output: outputFlag,
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(EventSchema)
    const { runSchema } = await import('../../cli/events/run-schema.ts')
    const { text, value } = await runSchema(args.type, flags)
    if (!this.jsonEnabled()) await this.print(text)
    return value
  }
}

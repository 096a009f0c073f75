import { BaseCommand } from '../../cli/base-command.ts'
import { outputFlag, redisFlags, redisOnly } from '../../cli/streams/stream-flags.ts'

export default class DlqLs extends BaseCommand {
  static override summary = 'List the event types that have dead letters'
  static override examples = ['<%= config.bin %> dlq ls', '<%= config.bin %> dlq ls --json']
  static override flags = { ...redisFlags, output: outputFlag }

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(DlqLs)
    const { createDeadLetters } = await import('../../runtime/bus/index.ts')
    const { withRedis } = await import('../../cli/with-redis.ts')
    const counts = await withRedis(redisOnly, flags, (redis) => createDeadLetters({ redis }).list())
    if (!this.jsonEnabled()) {
      const { renderList } = await import('../../cli/list.ts')
      const { dlqColumns } = await import('../../cli/events/event-tables.ts')
      this.log(renderList(counts, dlqColumns(Date.now()), flags.output, (row) => row.type))
    }
    return counts
  }
}

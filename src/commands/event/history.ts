import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { rangeFlags, typeArg } from '../../cli/events/event-flags.ts'
import { outputFlag, redisFlags } from '../../cli/streams/stream-flags.ts'

export default class EventHistory extends BaseCommand {
  static override summary = 'Show past events of a type'
  static override description = 'Only reads: no consumer group is touched.'
  static override examples = [
    '<%= config.bin %> event history task.created',
    '<%= config.bin %> event history task.created --desc -n 5',
    '<%= config.bin %> event history task.created --from 2026-11-21T12:00:00Z --to 2026-11-21T13:00:00Z -o ndjson',
  ]
  static override args = { type: typeArg }
  static override flags = {
    ...redisFlags,
    ...rangeFlags,
    count: Flags.integer({ description: 'Events at most', char: 'n', default: 100, min: 1 }),
    desc: Flags.boolean({ description: 'Newest first' }),
    output: outputFlag,
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(EventHistory)
    const { readHistory, renderHistory } = await import('../../cli/events/read-history.ts')
    const history = await readHistory(args.type, flags)
    if (!this.jsonEnabled()) this.log(renderHistory(history, flags.output))
    if (history.undecodable.length > 0)
      this.say(`${history.undecodable.length} entries are no events; see --json.`)
    if (history.next !== null) this.say(`More: --${flags.desc ? 'to' : 'from'} ${history.next}`)
    const { toHistoryRow } = await import('../../cli/events/read-history.ts')
    return toHistoryRow(history)
  }
}

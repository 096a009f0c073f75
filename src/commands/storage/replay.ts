import { BaseCommand } from '../../cli/base-command.ts'
import { rangeFlags } from '../../cli/events/event-flags.ts'
import { flagsOf } from '../../cli/flags.ts'
import { storageReplaySettings } from '../../cli/storage/replay-settings.ts'

export default class StorageReplay extends BaseCommand {
  static override summary = 'Store evaluations again from the history of their events'
  static override description =
    'For a database that was lost or restored from an old copy. It may run beside `agentctl storage`, and again: of each ' +
    'evaluation the later report counts. It reads what the streams still hold, ends at the newest event there was when it ' +
    'began, announces nothing and touches no group.'
  static override examples = [
    '<%= config.bin %> storage replay',
    '<%= config.bin %> storage replay --from 2026-11-21T12:00:00Z --database-url postgres://…',
    '<%= config.bin %> storage replay --from 1795262400000-0 --json',
  ]
  static override flags = { ...flagsOf(storageReplaySettings), ...rangeFlags }

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(StorageReplay)
    const { runStorageReplay } = await import('../../cli/storage/run-storage-replay.ts')
    return runStorageReplay(flags, (text) => this.say(text))
  }
}

import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../../cli/base-command.ts'
import { campaignsFlags } from '../../../cli/campaigns/campaign-flags.ts'

export default class CampaignEventsImport extends BaseCommand {
  static override summary = 'Register the events of a file, however many'
  static override description =
    'NDJSON holds an event a line: {"user_id": …, "merchant_id": …, "amount": …, "occurred_at": …, "data": {…}}. ' +
    'The first line of CSV names the columns; those that are no field of an event go below `data`, and with --map also in NDJSON. ' +
    'A line that is wrong is reported and keeps no other from being registered; the exit code is 1 then. ' +
    'Events without an event_id get one from the content of the file and their line: importing the same file again registers nothing twice, and goes on where an import was cut short.'
  static override examples = [
    '<%= config.bin %> campaign events import events.ndjson',
    '<%= config.bin %> campaign events import sales.csv --map amount=total,user_id=customer --dry-run',
    '<%= config.bin %> campaign events import sales.csv --failures failed.ndjson',
    'zcat events.ndjson.gz | <%= config.bin %> campaign events import - --format ndjson',
  ]
  static override args = {
    file: Args.string({
      description: 'FILE that ends in .ndjson, .jsonl or .csv, or - for stdin',
      required: true,
    }),
  }
  static override flags = {
    ...campaignsFlags,
    format: Flags.option({ options: ['ndjson', 'csv'] as const })({
      description: 'What is in the file [default: what its ending tells]',
    }),
    map: Flags.string({
      description: 'Fields of the event and what the file calls them, such as amount=total,user_id=customer',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: '<field=column>',
    }),
    delimiter: Flags.string({ description: 'What is between the cells of CSV', default: ',' }),
    'as-text': Flags.boolean({ description: 'Leave numbers, true and false of CSV below `data` as texts' }),
    'run-id': Flags.string({
      description: 'Name of the import, from which ids of events are made [default: a digest of the file]',
      helpValue: '<id>',
    }),
    batch: Flags.integer({ description: 'Events that are sent together', default: 500, min: 1, max: 1_000 }),
    concurrency: Flags.integer({ description: 'Batches under way at once', default: 4, min: 1, max: 64 }),
    failures: Flags.string({
      description: 'File to write what was not registered to, as NDJSON that can be imported again',
      helpValue: '<file>',
    }),
    'dry-run': Flags.boolean({ description: 'Check every line and send nothing' }),
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(CampaignEventsImport)
    const { runImport } = await import('../../../cli/campaigns/import/run-import.ts')
    const { adviceText, importText } = await import('../../../cli/campaigns/import/import-text.ts')
    const { interrupted } = await import('../../../cli/interrupted.ts')
    const { report, sample } = await runImport(args.file, flags, interrupted(), (text) => this.say(text))
    if (!this.jsonEnabled()) {
      if (sample !== null) this.log(`The first one:\n${JSON.stringify(sample, null, 2)}\n`)
      this.log(importText(report))
      for (const line of adviceText(report)) this.say(line)
    }
    if (!report.complete && !report.stopped) process.exitCode = 1
    return sample === null ? report : { ...report, sample }
  }
}

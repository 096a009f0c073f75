import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { redisFlags, redisOnly } from '../../cli/streams/stream-flags.ts'

export default class StreamPeek extends BaseCommand {
  static override summary = 'Show the newest entries of a stream, the newest first'
  static override description =
    'Only reads: it joins no consumer group. To follow a stream, use `agentctl tail stream`.'
  static override examples = [
    '<%= config.bin %> stream peek task.created',
    '<%= config.bin %> stream peek task.created -n 1 --json',
  ]
  static override args = {
    stream: Args.string({ description: 'Event type, or key of a stream', required: true }),
  }
  static override flags = {
    ...redisFlags,
    count: Flags.integer({ description: 'Number of entries', char: 'n', default: 10, min: 1 }),
    fields: Flags.string({ description: 'Fields to show, separated by commas', helpValue: '<a,b>' }),
    output: Flags.option({
      options: ['text', 'json', 'ndjson'] as const,
      char: 'o',
      default: 'text' as const,
    })({
      description: 'Form of the output',
    }),
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(StreamPeek)
    const { findStream, peekStream } = await import('../../runtime/inspect/index.ts')
    const { withRedis } = await import('../../cli/with-redis.ts')
    const { renderEntries, toEntryRow } = await import('../../cli/entry-line.ts')
    const entries = await withRedis(redisOnly, flags, async (redis) =>
      peekStream(redis, await findStream(redis, args.stream), flags.count),
    )
    if (!this.jsonEnabled()) this.log(renderEntries(entries, flags.fields?.split(','), flags.output))
    return entries.map(toEntryRow)
  }
}

import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { redisFlags, redisOnly } from '../../cli/streams/stream-flags.ts'

export default class StreamInfo extends BaseCommand {
  static override summary = 'Show one stream and its groups'
  static override examples = [
    '<%= config.bin %> stream info task.created',
    '<%= config.bin %> stream info agent:stream:task.created --json',
  ]
  static override args = {
    stream: Args.string({ description: 'Event type, or key of a stream', required: true }),
  }
  static override flags = redisFlags

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(StreamInfo)
    const { readNamedOrAll } = await import('../../cli/streams/read-streams.ts')
    const [stream] = await readNamedOrAll(redisOnly, flags, args.stream, false)
    if (stream && !this.jsonEnabled()) {
      const { renderStream } = await import('../../cli/streams/stream-text.ts')
      this.log(renderStream(stream, Date.now()))
    }
    return stream
  }
}

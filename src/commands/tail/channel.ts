import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { redisFlags } from '../../cli/streams/stream-flags.ts'

export default class TailChannel extends BaseCommand {
  static override summary = 'Show what is published on channels, as it comes'
  static override description =
    'Redis keeps no messages of pub/sub: only what is published from now on is shown. What must not be missed is in ' +
    'streams: see `tail events`.'
  static override examples = [
    "<%= config.bin %> tail channel 'evaluation:*' 'storage:*'",
    '<%= config.bin %> tail channel evaluation:completed --json | jq -r .message.stdout',
  ]
  static override strict = false
  static override args = {
    channel: Args.string({ description: 'Name of a channel, or a pattern; there may be several' }),
  }
  static override flags = {
    ...redisFlags,
    count: Flags.integer({ description: 'End after so many messages', char: 'n', min: 1 }),
  }

  override async run(): Promise<void> {
    const { argv, flags } = await this.parse(TailChannel)
    const { runTailChannel } = await import('../../cli/run-tail-channel.ts')
    await runTailChannel(argv as string[], flags, {
      json: this.jsonEnabled(),
      say: (text) => this.say(text),
      print: (line) => this.print(line),
    })
  }

  /** The messages are the output, one JSON object each. */
  protected override logJson(): void {}
}

import { Args, Flags } from '@oclif/core'
import { z } from 'zod'
import { BaseCommand } from '../cli/base-command.ts'
import { flagsOf } from '../cli/flags.ts'
import { clientSettings, contextSettings, duration, stateSettings } from '../runtime/kernel/index.ts'

const settings = z.object({
  ...clientSettings,
  ...stateSettings,
  ...contextSettings,
  retryFor: duration()
    .prefault('60s')
    .meta({ description: 'How long to try again when the gateway is away' }),
})

export default class Chat extends BaseCommand {
  static override summary = 'Start or join a chat and show its answer as it arrives'
  static override description = 'A lost connection is made again and the answer goes on where it stopped.'
  static override examples = [
    '<%= config.bin %> chat test chat-1',
    '<%= config.bin %> chat support c-42 --prompt "Where is my parcel?"',
    '<%= config.bin %> chat test chat-1 --json | jq -r .message',
  ]
  static override args = {
    feature: Args.string({ description: 'Feature id', required: true }),
    chat: Args.string({ description: 'Chat id', required: true }),
  }
  static override flags = {
    ...flagsOf(settings),
    prompt: Flags.string({
      description: 'What to answer; the messages are then joined to one text',
      char: 'p',
    }),
    lines: Flags.boolean({ description: 'One message a line, also with --prompt' }),
  }

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Chat)
    const { prompt, lines, ...own } = flags
    const { runChat } = await import('../cli/run-chat.ts')
    await runChat({
      chat: { feature: args.feature, chat: args.chat },
      prompt,
      settings,
      flags: own,
      form: this.jsonEnabled() ? 'json' : prompt === undefined || lines ? 'lines' : 'text',
      say: (text) => this.say(text),
    })
  }

  /** Messages are printed as they come, one JSON object each. */
  protected override logJson(): void {}
}

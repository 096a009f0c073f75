import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { typeArg } from '../../cli/events/event-flags.ts'
import { outputFlag, redisFlags } from '../../cli/streams/stream-flags.ts'

export default class DlqShow extends BaseCommand {
  static override summary = 'Show the dead letters of a type, or everything about one'
  static override examples = [
    '<%= config.bin %> dlq show task.created',
    '<%= config.bin %> dlq show task.created 1732153000000-0',
    '<%= config.bin %> dlq show task.created -o ndjson | jq .error',
  ]
  static override args = {
    type: typeArg,
    id: Args.string({ description: 'Id of a dead letter' }),
  }
  static override flags = {
    ...redisFlags,
    from: Flags.string({ description: 'First letter of the page', helpValue: '<id>' }),
    count: Flags.integer({ description: 'Letters at most', char: 'n', default: 100, min: 1 }),
    output: outputFlag,
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(DlqShow)
    const { showLetter, showLetters } = await import('../../cli/events/show-letters.ts')
    const shown =
      args.id === undefined
        ? await showLetters(args.type, flags)
        : await showLetter(args.type, args.id, flags)
    if (!this.jsonEnabled()) this.log(shown.text)
    if (shown.next !== undefined) this.say(`More: --from ${shown.next}`)
    return shown.value
  }
}

import { BaseCommand } from '../../cli/base-command.ts'

export default class AutocompleteFish extends BaseCommand {
  static override enableJsonFlag = false
  static override summary = 'Print a script that completes commands, flags and names in fish'
  static override description =
    'Make it anew after an update. For bash and zsh, see `agentctl autocomplete bash` and `agentctl autocomplete zsh`.'
  static override examples = [
    '<%= config.bin %> autocomplete fish > ~/.config/fish/completions/agentctl.fish',
  ]

  override async run(): Promise<void> {
    await this.parse(AutocompleteFish)
    const { fishScript } = await import('../../cli/completion/fish.ts')
    const { commandsOf, topicsOf } = await import('../../cli/completion/from-manifest.ts')
    this.log(fishScript(this.config.bin, commandsOf(this.config), topicsOf(this.config)))
  }
}

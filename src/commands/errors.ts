import { Args } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'

export default class ErrorCodes extends BaseCommand {
  static override summary = 'Explain an error code, or list them all'
  static override examples = ['<%= config.bin %> errors CHAT_BUSY', '<%= config.bin %> errors --json']
  static override args = { code: Args.string({ description: 'Code as printed with an error' }) }

  override async run(): Promise<unknown> {
    const { args } = await this.parse(ErrorCodes)
    const { explainErrors, renderErrors } = await import('../cli/explain-errors.ts')
    const rows = explainErrors(args.code)
    if (!this.jsonEnabled()) this.log(renderErrors(rows))
    return rows
  }
}

import { basename, dirname } from 'node:path'
import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'

const STDOUT = '-'

export default class ExportCompose extends BaseCommand {
  static override summary = 'Print a compose file for the whole system, or write it'
  static override description =
    'Redis, PostgreSQL and all roles, held to little memory and few rights; Qdrant, Prometheus and Grafana behind profiles. See docs/deployment.md.'
  static override examples = [
    '<%= config.bin %> export compose --output docker-compose.yml && docker compose up -d --scale worker=5',
    '<%= config.bin %> export compose --image registry.example/agentctl:1.0 | docker compose -f - up -d',
  ]
  static override flags = {
    output: Flags.string({
      description: 'File to write, or - for stdout',
      default: STDOUT,
      helpValue: '<file>',
    }),
    image: Flags.string({
      description: 'Image of all roles (default: built from the Dockerfile beside the file)',
    }),
  }

  override async run(): Promise<unknown> {
    const { image, output } = (await this.parse(ExportCompose)).flags
    const { exportCompose, writeFolder } = await import('../../runtime/manifests/index.ts')
    const text = await exportCompose({ image })
    if (output === STDOUT) {
      if (!this.jsonEnabled()) await this.print(text.trimEnd())
      return { compose: text }
    }
    const written = await writeFolder(dirname(output), { [basename(output)]: text })
    if (!this.jsonEnabled()) this.log(written.join('\n'))
    return { written }
  }
}

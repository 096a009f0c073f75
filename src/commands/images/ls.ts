import { BaseCommand } from '../../cli/base-command.ts'
import { flagsOf } from '../../cli/flags.ts'
import { engineOnly } from '../../cli/images/image-flags.ts'
import { outputFlag } from '../../cli/streams/stream-flags.ts'

export default class ImagesLs extends BaseCommand {
  static override summary = 'List the images that programs are run in, whether they are there and up to date'
  static override examples = ['<%= config.bin %> images ls', '<%= config.bin %> images ls -o json']
  static override flags = { ...flagsOf(engineOnly), output: outputFlag }

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(ImagesLs)
    const { listImages } = await import('../../runtime/images/index.ts')
    const { withEngine } = await import('../../cli/images/with-engine.ts')
    const images = await withEngine(flags, listImages)
    if (!this.jsonEnabled()) {
      const { renderList } = await import('../../cli/list.ts')
      const { imageColumns } = await import('../../cli/images/image-tables.ts')
      this.log(renderList(images, imageColumns, flags.output, ({ image }) => image))
    }
    return images
  }
}

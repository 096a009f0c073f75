import { folders, kernelError } from '../../runtime/kernel/index.ts'
import { bar } from '../bar.ts'
import { createProgress } from '../progress.ts'
import { stateDirOf } from '../state-only.ts'
import { type Added, addDocuments } from './add-documents.ts'
import { findFiles, readDocument } from './read-documents.ts'
import { withGateway } from './with-gateway.ts'

const BAR = 24

/**
 * Adds files, with a progress bar where somebody watches.
 * @throws AgentctlError CONFIG_INVALID when a name means nothing, or --id is given for several files
 */
export async function runAdd(names: readonly string[], flags: { id?: string | undefined }): Promise<Added> {
  const files = await findFiles(names, folders(stateDirOf(flags)).state)
  if (flags.id !== undefined && files.length > 1)
    throw kernelError('CONFIG_INVALID', `--id names one document, and these are ${files.length} files`, {
      field: 'id',
    })
  const progress = createProgress()
  try {
    return await withGateway(flags, (client) =>
      addDocuments({
        files,
        read: (file) => readDocument(file, flags.id),
        send: (document) => client.add(document),
        onProgress: (done, file) =>
          progress.show(`${bar(done / files.length, BAR)} ${done}/${files.length} ${file}`),
      }),
    )
  } finally {
    progress.end()
  }
}

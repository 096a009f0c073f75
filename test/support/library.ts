import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Closer } from '../../src/runtime/kernel/index.ts'
import { openVectorStore, type VectorStore } from '../../src/runtime/platform/vectors/index.ts'
import type { Encoder } from '../../src/runtime/rag/encoders/encoder.ts'
import { silent } from './redis.ts'

/** An embedded store in a folder of its own. */
export async function tempStore(closer: Closer): Promise<VectorStore> {
  const folder = await mkdtemp(join(tmpdir(), 'agentctl-library-'))
  closer.add(folder, () => rm(folder, { recursive: true, force: true }))
  return closer.add(await openVectorStore({ path: join(folder, 'vectors.db'), log: silent }), (store) =>
    store.close(),
  )
}

/** An encoder that notes what it is asked, and fails when it is told to. */
export function watched(encoder: Encoder) {
  const batches: string[][] = []
  const control: { failure: Error | undefined } = { failure: undefined }
  const watching: Encoder = {
    ...encoder,
    encode(texts, signal) {
      batches.push([...texts])
      return control.failure ? Promise.reject(control.failure) : encoder.encode(texts, signal)
    },
  }
  return { encoder: watching, batches, control }
}

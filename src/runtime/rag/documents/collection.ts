import { createHash } from 'node:crypto'
import type { VectorStore } from '../../platform/vectors/index.ts'
import { ragError } from '../errors.ts'

const PREFIX = 'docs-'

/** The collection of an encoder's vectors: those of another one are never compared with them. */
export function collectionOf(encoderId: string): string {
  const safe = encoderId.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 120)
  // Ids that differ in what had to be replaced must not meet.
  const mark =
    safe === encoderId ? '' : `-${createHash('sha256').update(encoderId).digest('hex').slice(0, 8)}`
  return `${PREFIX}${safe}${mark}`
}

/**
 * Tells a library without documents from one whose documents were stored with another encoder.
 * @throws AgentctlError RAG_ENCODER_CHANGED naming that encoder
 */
export async function checkEncoder(store: VectorStore, encoderId: string): Promise<void> {
  const own = collectionOf(encoderId)
  const collections = await store.collections()
  if (collections.some(({ name, documents }) => name === own && documents > 0)) return
  const others = collections.filter(({ name, documents }) => name.startsWith(PREFIX) && documents > 0)
  const most = others.sort((a, b) => b.documents - a.documents)[0]
  if (!most) return
  const count = most.documents === 1 ? '1 document' : `${most.documents} documents`
  throw ragError(
    'RAG_ENCODER_CHANGED',
    `${store.place} has no document for the encoder ${encoderId}, but ${count} for ${most.name.slice(PREFIX.length)}`,
    { field: 'encoder' },
  )
}

import { createHash } from 'node:crypto'
import type { DocumentInfo, StoredDocument } from './store.ts'

/** The only vector of a point; named, because a point may then be without it. */
export const VECTOR = 'text'

/** Payload of a manifest (`document`) or of a piece (`chunk`). */
export interface PointPayload {
  kind: 'document' | 'chunk'
  document: string
  /** Milliseconds since 1970 at which it was written, or a little more: of two writes, the later one counts. */
  generation: number
  /** Names the write that it is of; two writers may have the same generation. */
  write: string
  hash: string
  /** JSON: numbers keep their digits, and nothing of it is indexed by accident. */
  metadata: string
  /** Of a manifest: how many pieces there are. Of a piece: its position. */
  chunks: number
  stored_at: string
  text: string
}

/** Ids of points must be UUIDs: version 8, made of the digest of what they name. */
function uuidOf(...parts: readonly (string | number)[]): string {
  const hex = createHash('sha256').update(JSON.stringify(parts)).digest('hex')
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) % 4]
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

export const manifestId = (document: string) => uuidOf(document)

/** One write of a document. */
export type Write = Pick<PointPayload, 'generation' | 'write'>

export function manifestPoint(document: StoredDocument, write: Write, now: string) {
  const payload = {
    kind: 'document',
    document: document.id,
    ...write,
    hash: document.hash,
    metadata: JSON.stringify(document.metadata),
    chunks: document.chunks.length,
    stored_at: now,
  }
  return { id: manifestId(document.id), vector: {}, payload }
}

export function documentPoints(document: StoredDocument, write: Write) {
  return document.chunks.map(({ text, vector }, position) => ({
    id: uuidOf(document.id, write.write, position),
    vector: { [VECTOR]: Array.from(vector) },
    payload: { kind: 'chunk', document: document.id, ...write, chunks: position, text },
  }))
}

export function toInfo(payload: PointPayload): DocumentInfo {
  const { document, hash, metadata, chunks, stored_at } = payload
  return { id: document, hash, metadata: JSON.parse(metadata), chunks, stored_at }
}

import { randomUUID } from 'node:crypto'
import type { Logger } from '../../kernel/index.ts'
import { vectorsError } from './errors.ts'
import { connectQdrant, isMissing, type QdrantOptions } from './qdrant-client.ts'
import { createCollection, describeCollections } from './qdrant-collections.ts'
import {
  documentPoints,
  manifestId,
  manifestPoint,
  type PointPayload,
  toInfo,
  type Write,
} from './qdrant-points.ts'
import { searchQdrant } from './qdrant-search.ts'
import type { DocumentInfo, StoredDocument, VectorStore } from './store.ts'

/** Floats of one request; Qdrant takes 32 MB by default, and a float is some 20 characters of JSON. */
const FLOATS_AT_ONCE = 250_000
/** Manifests read at once. */
const PAGE = 1_000
/** The first version that knows `update_filter`. */
const OLDEST = [1, 16]

/**
 * The vector store on a Qdrant server (1.16 or newer).
 *
 * A document is one *manifest* point, without vector, and a point for each piece; all carry the write that they are of. The
 * pieces are written first, then the manifest, which is the moment at which the new write counts: a search drops the pieces
 * of any other. What a killed writer has left is removed by the next write of the document,
 * and found by nobody until then (it counts in `collections()`).
 */
export async function openQdrantStore(options: QdrantOptions & { log: Logger }): Promise<VectorStore> {
  const { place, ask } = connectQdrant(options)

  async function manifest(collection: string, id: string): Promise<PointPayload | undefined> {
    const [point] = await ask((client) =>
      client.retrieve(collection, { ids: [manifestId(id)], with_payload: true }),
    )
    return point?.payload as PointPayload | undefined
  }

  /** Reads; a collection that does not exist has nothing in it. */
  async function orNothing<T>(read: () => Promise<T>, nothing: T): Promise<T> {
    try {
      return await read()
    } catch (error) {
      if (isMissing(error)) return nothing
      throw error
    }
  }

  async function put(collection: string, dimension: number, document: StoredDocument): Promise<void> {
    let known: PointPayload | undefined
    try {
      known = await manifest(collection, document.id)
    } catch (error) {
      if (!isMissing(error)) throw error
      await createCollection(ask, collection, dimension)
    }
    // Later than what is there, whatever the clocks of the writers say.
    const generation = Math.max(Date.now(), (known?.generation ?? 0) + 1)
    const write = { generation, write: randomUUID() }
    const points = documentPoints(document, write)
    const size = Math.max(1, Math.floor(FLOATS_AT_ONCE / dimension))
    for (let start = 0; start < points.length; start += size) {
      await ask((client) =>
        client.upsert(collection, { wait: true, points: points.slice(start, start + size) }),
      )
    }
    await commit(collection, document, write)
  }

  /** Of two writers of one document the later one stays and removes what is older; the other removes its own pieces. */
  async function commit(collection: string, document: StoredDocument, write: Write): Promise<void> {
    const point = manifestPoint(document, write, new Date().toISOString())
    const older = { key: 'generation', range: { lt: write.generation } }
    await ask((client) =>
      client.upsert(collection, { wait: true, points: [point], update_filter: { must: [older] } }),
    )
    const stayed = await manifest(collection, document.id)
    const own = { key: 'write', match: { value: write.write } }
    await removePieces(collection, document.id, stayed?.write === write.write ? older : own)
  }

  async function removePieces(collection: string, id: string, which: object): Promise<void> {
    const filter = {
      must: [{ key: 'kind', match: { value: 'chunk' } }, { key: 'document', match: { value: id } }, which],
    }
    await ask((client) => client.delete(collection, { wait: true, filter }))
  }

  async function remove(collection: string, id: string): Promise<boolean> {
    const known = await orNothing(() => manifest(collection, id), undefined)
    if (!known) return false
    await ask((client) => client.delete(collection, { wait: true, points: [manifestId(id)] }))
    await removePieces(collection, id, { key: 'write', match: { value: known.write } })
    return true
  }

  /** Qdrant orders by numbers only: all manifests are read, and ordered here. */
  async function list(collection: string, limit: number, after?: string): Promise<DocumentInfo[]> {
    const filter = { must: [{ key: 'kind', match: { value: 'document' } }] }
    const found: DocumentInfo[] = []
    for (let offset: string | number | undefined; ; ) {
      const from = offset === undefined ? {} : { offset }
      const page = await ask((client) =>
        client.scroll(collection, { filter, limit: PAGE, with_payload: true, ...from }),
      )
      found.push(...page.points.map((point) => toInfo(point.payload as unknown as PointPayload)))
      if (typeof page.next_page_offset !== 'string' && typeof page.next_page_offset !== 'number') break
      offset = page.next_page_offset
    }
    const wanted = after === undefined ? found : found.filter(({ id }) => compare(id, after) > 0)
    return wanted.sort((a, b) => compare(a.id, b.id)).slice(0, limit)
  }

  async function ping(): Promise<void> {
    const { version } = await ask((client) => client.versionInfo())
    const [major = 0, minor = 0] = version.split('.').map(Number)
    const [oldMajor = 0, oldMinor = 0] = OLDEST
    if (major > oldMajor || (major === oldMajor && minor >= oldMinor)) return
    throw vectorsError('VECTORS_FAILED', `${place} is version ${version}`, {
      fix: `Update Qdrant to ${OLDEST.join('.')} or newer.`,
    })
  }

  return {
    place,
    put,
    remove,
    get: (collection, id) =>
      orNothing(async () => {
        const known = await manifest(collection, id)
        return known && toInfo(known)
      }, undefined),
    list: (collection, limit, after) => orNothing(() => list(collection, limit, after), []),
    search: (collection, vector, limit) => orNothing(() => searchQdrant(ask, collection, vector, limit), []),
    collections: () => describeCollections(ask),
    ping,
    // The client's connections are idle without work, keep no process alive, and cannot be closed.
    async close() {},
  }
}

/** By code points, as SQLite does. */
function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

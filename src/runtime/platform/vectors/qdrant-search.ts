import type { Ask } from './qdrant-client.ts'
import { manifestId, type PointPayload, VECTOR } from './qdrant-points.ts'
import type { Hit } from './store.ts'

/** Searches that may meet documents in change, one after another. */
const ATTEMPTS = 5

interface Found {
  payload: PointPayload
  score: number
}

/**
 * The nearest pieces of the writes that count. Where pieces of others were among them (a document is being replaced, or a
 * writer was killed), the search is repeated without these, so that they do not take the places of others.
 */
export async function searchQdrant(
  ask: Ask,
  collection: string,
  vector: Float32Array,
  limit: number,
): Promise<Hit[]> {
  if (limit < 1) return []
  const pinned = new Map<string, string | undefined>()
  for (let attempt = 1; ; attempt++) {
    const found = await nearest(ask, collection, vector, limit, [...pinned].map(otherWrites))
    const documents = new Set([...found.map(({ payload }) => payload.document), ...pinned.keys()])
    const manifests = await manifestsOf(ask, collection, documents)
    const current = (document: string) => manifests.get(document)?.write
    const stale = found.filter(({ payload }) => payload.write !== current(payload.document))
    const moved = [...pinned].filter(([document, write]) => write !== current(document))
    if ((stale.length === 0 && moved.length === 0) || attempt === ATTEMPTS) {
      return found.filter((hit) => !stale.includes(hit)).map((hit) => toHit(hit, manifests))
    }
    for (const { payload } of stale) pinned.set(payload.document, current(payload.document))
    for (const [document] of moved) pinned.set(document, current(document))
  }
}

/** A filter for all pieces of a document but those of one write; for all, where none counts. */
function otherWrites([document, write]: [string, string | undefined]): object {
  const must = [{ key: 'document', match: { value: document } }]
  if (write === undefined) return { must }
  return { must, must_not: [{ key: 'write', match: { value: write } }] }
}

async function nearest(
  ask: Ask,
  collection: string,
  vector: Float32Array,
  limit: number,
  excluded: object[],
): Promise<Found[]> {
  const { points } = await ask((client) =>
    client.query(collection, {
      query: Array.from(vector),
      using: VECTOR,
      limit,
      with_payload: true,
      ...(excluded.length === 0 ? {} : { filter: { must_not: excluded } }),
    }),
  )
  return points as unknown as Found[]
}

async function manifestsOf(ask: Ask, collection: string, documents: ReadonlySet<string>) {
  if (documents.size === 0) return new Map<string, PointPayload>()
  const ids = [...documents].map(manifestId)
  const points = await ask((client) => client.retrieve(collection, { ids, with_payload: true }))
  const payloads = points.map((point) => point.payload as unknown as PointPayload)
  return new Map(payloads.map((payload) => [payload.document, payload]))
}

function toHit({ payload, score }: Found, manifests: ReadonlyMap<string, PointPayload>): Hit {
  const metadata = JSON.parse(manifests.get(payload.document)?.metadata ?? '{}')
  return { document: payload.document, chunk: payload.chunks, text: payload.text, metadata, score }
}

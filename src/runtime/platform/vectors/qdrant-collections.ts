import { type Ask, isConflict, isMissing } from './qdrant-client.ts'
import { VECTOR } from './qdrant-points.ts'
import type { CollectionInfo } from './store.ts'

/** Marks a collection as ours on a server that others use too. */
const OWNER = 'agentctl'

const INDEXES = { kind: 'keyword', document: 'keyword', write: 'keyword', generation: 'integer' } as const

/** Makes a collection with its payload indexes; that another process does the same at the same time does no harm. */
export async function createCollection(ask: Ask, name: string, dimension: number): Promise<void> {
  try {
    await ask((client) =>
      client.createCollection(name, {
        vectors: { [VECTOR]: { size: dimension, distance: 'Cosine' } },
        metadata: { owner: OWNER },
      }),
    )
  } catch (error) {
    if (!isConflict(error)) throw error
  }
  for (const [field_name, field_schema] of Object.entries(INDEXES)) {
    await ask((client) => client.createPayloadIndex(name, { field_name, field_schema, wait: true }))
  }
}

export async function describeCollections(ask: Ask): Promise<CollectionInfo[]> {
  const { collections } = await ask((client) => client.getCollections())
  const names = collections.map(({ name }) => name).sort()
  const infos = await Promise.all(names.map((name) => describe(ask, name)))
  return infos.filter((info) => info !== undefined)
}

/** Undefined for a collection of others, and for one that has just been deleted. */
async function describe(ask: Ask, name: string): Promise<CollectionInfo | undefined> {
  try {
    const { config } = await ask((client) => client.getCollection(name))
    const vectors = config.params.vectors as Record<string, { size?: number }> | undefined
    const dimension = vectors?.[VECTOR]?.size
    if ((config.metadata as { owner?: unknown } | undefined)?.owner !== OWNER || !dimension) return undefined
    const count = async (kind: string) => {
      const filter = { must: [{ key: 'kind', match: { value: kind } }] }
      return (await ask((client) => client.count(name, { filter, exact: true }))).count
    }
    return { name, dimension, documents: await count('document'), chunks: await count('chunk') }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

import { AgentctlError } from '../../runtime/kernel/index.ts'
import type { RagClient } from '../../runtime/rag/client.ts'
import type { Change } from '../run-change.ts'

interface Plan {
  documents: string[]
}

interface Removed {
  removed: string[]
  /** Were not there. */
  unknown: string[]
}

export function removingDocuments(
  client: Pick<RagClient, 'remove'>,
  ids: readonly string[],
): Change<Plan, Removed> {
  return {
    plan: async () => ({ documents: [...new Set(ids)] }),
    what: ({ documents }) => `Remove ${amount(documents.length)}: ${documents.join(', ')}`,
    warnings: () => [],
    async apply({ documents }) {
      const result: Removed = { removed: [], unknown: [] }
      for (const id of documents) {
        const missing = await remove(client, id)
        result[missing ? 'unknown' : 'removed'].push(id)
        if (missing && documents.length === 1) throw missing
      }
      return result
    },
    done: ({ removed, unknown }) =>
      [
        `Removed ${amount(removed.length)}`,
        ...(unknown.length === 0 ? [] : [`there is no ${unknown.join(', ')}`]),
      ].join('; '),
  }
}

/** What the gateway says when there is none; it keeps the others from nothing. */
async function remove(client: Pick<RagClient, 'remove'>, id: string): Promise<AgentctlError | undefined> {
  try {
    await client.remove(id)
    return undefined
  } catch (error) {
    if (error instanceof AgentctlError && error.code === 'RAG_DOCUMENT_UNKNOWN') return error
    throw error
  }
}

function amount(count: number): string {
  return count === 1 ? '1 document' : `${count} documents`
}

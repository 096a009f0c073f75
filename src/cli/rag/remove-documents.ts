import type { RagClient } from '../../runtime/rag/client.ts'
import type { Change } from '../run-change.ts'

interface Plan {
  documents: string[]
}

interface Removed {
  removed: string[]
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
      for (const id of documents) await client.remove(id)
      return { removed: documents }
    },
    done: ({ removed }) => `Removed ${amount(removed.length)}`,
  }
}

function amount(count: number): string {
  return count === 1 ? '1 document' : `${count} documents`
}

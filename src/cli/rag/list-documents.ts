import type { RagClient } from '../../runtime/rag/client.ts'
import type { DocumentEntry } from '../../runtime/rag/messages.ts'

const PAGE = 500

/** All of them, page by page. */
export async function listDocuments(client: Pick<RagClient, 'list'>): Promise<DocumentEntry[]> {
  const documents: DocumentEntry[] = []
  for (let after: string | undefined; ; ) {
    const page = await client.list(PAGE, after)
    documents.push(...page.documents)
    if (page.next === undefined) return documents
    after = page.next
  }
}

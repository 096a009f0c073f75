import { printable } from '../../runtime/platform/log/index.ts'
import type { DocumentEntry } from '../../runtime/rag/messages.ts'
import { type Column, renderTable } from '../table.ts'
import type { Added } from './add-documents.ts'

export const documentColumns: Column<DocumentEntry>[] = [
  { title: 'DOCUMENT', value: ({ id }) => printable(id) },
  { title: 'PASSAGES', value: ({ chunks }) => String(chunks), align: 'right' },
  { title: 'STORED', value: ({ stored_at }) => stored_at.slice(0, 19).replace('T', ' ') },
  { title: 'METADATA', value: ({ metadata }) => printable(JSON.stringify(metadata)), wide: true },
]

/** What became of each file. */
export function addedText({ documents, failed }: Added): string {
  const rows = [
    ...documents.map(({ id, chunks, status }) => ({ id, chunks: String(chunks), status: status as string })),
    ...failed.map(({ file, error }) => ({ id: file, chunks: '-', status: `failed: ${error.detail}` })),
  ]
  return renderTable(rows, [
    { title: 'DOCUMENT', value: ({ id }) => printable(id) },
    { title: 'PASSAGES', value: ({ chunks }) => chunks, align: 'right' },
    { title: 'STATUS', value: ({ status }) => printable(status) },
  ])
}

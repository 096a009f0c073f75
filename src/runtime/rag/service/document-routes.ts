import { z } from 'zod'
import type { HttpApp } from '../../platform/http/index.ts'
import {
  type DocumentEntry,
  type DocumentList,
  documentEntry,
  documentList,
  documentsBody,
  type Ingested,
  ingested,
} from '../messages.ts'
import type { DocumentTasks } from './document-tasks.ts'

export interface DocumentRoutesOptions {
  tasks: DocumentTasks
  /** Bytes of a body at most. */
  bodyLimit: number
}

/** Milliseconds to wait until documents are stored, and for anything else. */
const STORING = 110_000
const LOOKING = 10_000
/** Bytes that documents may always have. */
const ROOM = 16 * 1024 * 1024

const params = z.object({ id: z.string().min(1).max(512) })
const page = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  after: z.string().max(512).optional(),
})

export function addDocumentRoutes(app: HttpApp, { tasks, bodyLimit }: DocumentRoutesOptions): void {
  const tags = ['rag']

  app.post(
    '/documents',
    {
      bodyLimit: Math.max(bodyLimit, ROOM),
      schema: {
        tags,
        summary: 'Store documents for questions to be answered from',
        description: 'One document, or `{"documents": […]}`. One that has not changed costs nothing.',
        body: documentsBody,
        response: { 200: z.object({ documents: z.array(ingested) }) },
      },
    },
    async ({ body }) => {
      const documents = 'documents' in body ? body.documents : [body]
      return { documents: await tasks.run<Ingested[]>({ op: 'add', documents }, STORING) }
    },
  )

  app.get(
    '/documents',
    { schema: { tags, summary: 'The documents, by id', querystring: page, response: { 200: documentList } } },
    ({ query: { limit, after } }) =>
      tasks.run<DocumentList>({ op: 'list', limit, ...(after === undefined ? {} : { after }) }, LOOKING),
  )

  app.get(
    '/documents/:id',
    { schema: { tags, summary: 'What is known of a document', params, response: { 200: documentEntry } } },
    ({ params: { id } }) => tasks.run<DocumentEntry>({ op: 'get', id }, LOOKING),
  )

  app.delete(
    '/documents/:id',
    {
      schema: {
        tags,
        summary: 'Remove a document',
        params,
        response: { 200: z.object({ id: z.string(), status: z.literal('removed') }) },
      },
    },
    async ({ params: { id } }) => {
      await tasks.run({ op: 'remove', id }, LOOKING)
      return { id, status: 'removed' as const }
    },
  )
}

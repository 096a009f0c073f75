import { setImmediate as nextTurn } from 'node:timers/promises'
import type { BatchJob, ServedQueue } from '../../platform/queue/index.ts'
import { ragError } from '../errors.ts'
import type { DocumentsJob, DocumentsTask } from '../jobs.ts'
import { DOCUMENTS_IN } from '../keys.ts'
import type { DocumentList, Ingested, NewDocument } from '../messages.ts'
import { serveStage } from './serve-stage.ts'
import type { Documents, StageTools } from './tools.ts'

/** Tasks at once: encoding many passages keeps a processor busy, and queries are to come through. */
const CONCURRENCY = 4
/** Characters that are encoded without a pause, unless a single document has more. */
const AT_ONCE = 100_000

/** What is done to the documents, beside the queries of the encoder stage. */
export async function openIngestion(tools: StageTools): Promise<ServedQueue> {
  const { completions } = tools
  const documents = await tools.documents()

  async function work({ id, data, signal, attempt }: BatchJob<DocumentsJob>): Promise<undefined> {
    const result = await perform(data.task, documents, { signal, again: attempt > 1 })
    await completions.write(data.gateway, id, { job_id: id, result })
  }

  return serveStage(
    { stage: 'documents', queue: DOCUMENTS_IN, concurrency: CONCURRENCY, attempts: 3, work },
    tools,
  )
}

interface Attempt {
  signal: AbortSignal
  /** Part of it may have been done before. */
  again: boolean
}

async function perform(task: DocumentsTask, documents: Documents, attempt: Attempt): Promise<unknown> {
  switch (task.op) {
    case 'add':
      return add(task.documents, documents, attempt)
    case 'list':
      return page(documents, task)
    case 'get':
      return (await documents.get(task.id)) ?? unknown(task.id)
    case 'remove':
      return (await documents.remove(task.id, attempt.again)) || unknown(task.id)
  }
}

/** Some at a time: encoding keeps the processor busy, and the worker must show signs of life. */
async function add(all: readonly NewDocument[], documents: Documents, attempt: Attempt): Promise<Ingested[]> {
  const done: Ingested[] = []
  for (const some of portions(all)) {
    done.push(...(await documents.add(some, attempt)))
    await nextTurn()
  }
  return done
}

function* portions(all: readonly NewDocument[]): Generator<NewDocument[]> {
  let some: NewDocument[] = []
  let characters = 0
  for (const document of all) {
    if (some.length > 0 && characters + document.text.length > AT_ONCE) {
      yield some
      some = []
      characters = 0
    }
    some.push(document)
    characters += document.text.length
  }
  if (some.length > 0) yield some
}

async function page(
  { list, collection }: Documents,
  { limit, after }: DocumentsTask & { op: 'list' },
): Promise<DocumentList> {
  const found = await list(limit, after)
  const last = found.length === limit ? found.at(-1)?.id : undefined
  return {
    collection,
    documents: found.map(({ id, chunks, metadata, stored_at }) => ({ id, chunks, metadata, stored_at })),
    ...(last === undefined ? {} : { next: last }),
  }
}

function unknown(id: string): never {
  throw ragError('RAG_DOCUMENT_UNKNOWN', `document "${id}" is not there`, { field: 'path.id' })
}

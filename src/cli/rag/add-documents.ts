import { type AgentctlError, type Problem, toProblem } from '../../runtime/kernel/index.ts'
import type { Ingested } from '../../runtime/rag/messages.ts'
import type { FileDocument } from './read-documents.ts'

export interface AddOptions {
  files: readonly string[]
  read(file: string): Promise<FileDocument>
  send(document: FileDocument): Promise<Ingested>
  /** Told after each file. */
  onProgress(done: number, file: string): void
}

export interface Added {
  documents: (Ingested & { file: string })[]
  failed: { file: string; error: Problem }[]
}

/** Files on their way at once: reading one while others are stored. */
const IN_FLIGHT = 4

/** Adds every file that can be added; one that cannot keeps no other from it. */
export async function addDocuments({ files, read, send, onProgress }: AddOptions): Promise<Added> {
  const results: (Added['documents'][number] | Added['failed'][number])[] = new Array(files.length)
  let next = 0
  let done = 0

  async function work(): Promise<void> {
    for (let i = next++; i < files.length; i = next++) {
      const file = files[i] as string
      try {
        results[i] = { file, ...(await send(await read(file))) }
      } catch (error) {
        if ((error as Error).name === 'AbortError') throw error
        results[i] = { file, error: toProblem(error as AgentctlError) }
      }
      onProgress(++done, file)
    }
  }

  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, files.length) }, work))
  return {
    documents: results.filter((result) => 'chunks' in result),
    failed: results.filter((result) => 'error' in result),
  }
}

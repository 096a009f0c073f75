import { createHash, randomUUID } from 'node:crypto'
import type { Context, NewDocument, QueryBody } from './messages.ts'

/** What every job of the pipeline carries. */
export interface JobHead {
  /** Where its completion is awaited: part of the name of a channel. */
  gateway: string
  /** Milliseconds since 1970. */
  accepted_at: number
  /** Milliseconds since 1970 after which nobody waits for it any more. */
  deadline: number
  /** For a streamed answer: the chat that is written to, which has the id of the query, and its run. */
  chat?: string
  run?: string
}

/** A query on its way to the encoder. */
export interface EncoderJob extends JobHead {
  body: QueryBody
}

export interface StageNotes {
  /** Milliseconds each stage has taken so far. */
  timings: Record<string, number>
  cached: { embedding: boolean; retrieval: boolean }
}

/** On its way to the retriever. */
export interface RetrieverJob extends EncoderJob {
  /** 32-bit floats in base64. */
  vector: string
  /** The encoder that made it. */
  encoder: string
  notes: StageNotes
}

/** On its way to the generator. */
export interface GeneratorJob extends EncoderJob {
  contexts: Context[]
  notes: StageNotes
}

/** What is done to the documents; by a process of the encoder stage, which has the encoder and the store. */
export type DocumentsTask =
  | { op: 'add'; documents: NewDocument[] }
  | { op: 'list'; limit: number; after?: string }
  | { op: 'get'; id: string }
  | { op: 'remove'; id: string }

export interface DocumentsJob extends JobHead {
  task: DocumentsTask
}

/** A new id for a job; it is part of keys and of the id of a chat, so it has no colon. */
export function newJobId(): string {
  return `rag.${randomUUID()}`
}

/** Whether it can be the id of a job; keys are made of ids, and others than jobs' begin in the same way. */
export function isJobId(text: string): boolean {
  return /^rag\.[0-9a-f-]{32,36}$/.test(text)
}

/** The same id for the same key of the same user. */
export function jobIdOf(user: string, key: string): string {
  return `rag.${createHash('sha256')
    .update(JSON.stringify([user, key]))
    .digest('hex')
    .slice(0, 32)}`
}

export function digestOf(body: object): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 32)
}

export function packVector(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')
}

export function unpackVector(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64')
  // A copy, as a buffer from the pool may begin where no float can.
  return new Float32Array(new Uint8Array(bytes).buffer)
}

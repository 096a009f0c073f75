import type { ChatAnswering } from '../../chat/index.ts'
import type { Logger } from '../../kernel/index.ts'
import type { GenerateAnswer, GenerateRequest } from '../../llm/index.ts'
import type { ServedQueue } from '../../platform/queue/index.ts'
import type { DocumentInfo } from '../../platform/vectors/index.ts'
import type { CompletionWriter } from '../completion.ts'
import type { Encoder } from '../encoders/encoder.ts'
import type { Context, Ingested, NewDocument } from '../messages.ts'

/** The part of the document library that the stages use. */
export interface Documents {
  add(
    documents: readonly NewDocument[],
    options: { signal?: AbortSignal; again?: boolean },
  ): Promise<Ingested[]>
  get(id: string): Promise<DocumentInfo | undefined>
  list(limit: number, after?: string): Promise<DocumentInfo[]>
  /** Name of the collection they are in. */
  readonly collection: string
  remove(id: string, again?: boolean): Promise<boolean>
}

export interface QueryEncoding {
  encode(
    text: string,
    options: { useCache: boolean; signal?: AbortSignal },
  ): Promise<{ vector: Float32Array; cached: boolean }>
}

export interface Retrieving {
  retrieve(request: {
    encoderId: string
    vector: Float32Array
    key: string
    k: number
    useCache: boolean
  }): Promise<{ contexts: Context[]; cached: boolean }>
}

/** The part of the LLM client that the generator uses. */
export interface Generating {
  generate(request: GenerateRequest, options: GenerateOptions): Promise<GenerateAnswer & { replica: string }>
  /** Yields pieces of text; returns the whole. */
  stream(
    request: GenerateRequest,
    options: GenerateOptions,
  ): AsyncGenerator<string, GenerateAnswer & { replica: string }>
}

export interface GenerateOptions {
  signal: AbortSignal
  /** Milliseconds since 1970. */
  deadline: number
}

/** What stages work with. Each is opened when a stage first asks for it, and shared by all stages of a process. */
export interface StageTools {
  readonly completions: CompletionWriter
  encoder(): Promise<Encoder>
  documents(): Promise<Documents>
  queryEncoder(): Promise<QueryEncoding>
  retriever(): Promise<Retrieving>
  llm(): Promise<Generating>
  chats(): Promise<ChatAnswering>
  /** Notes how long a stage has taken, in milliseconds. */
  observe(stage: string, ms: number): void
  /** Jobs at once in each stage. */
  readonly concurrency: number
  /** Named in answers. */
  readonly worker: string
  readonly log: Logger
}

/** A part of the pipeline that may run in a process of its own. */
export interface Stage {
  readonly name: string
  /** The queues it serves. */
  open(tools: StageTools): Promise<ServedQueue[]>
}

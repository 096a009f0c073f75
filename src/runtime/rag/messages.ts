import { z } from 'zod'

/** Characters a query may have. */
export const MAX_QUERY = 8_000
/** Characters of one document. */
export const MAX_DOCUMENT = 500_000
/** Characters of what else is told of a document, as JSON. */
export const MAX_METADATA = 16_384
/** Milliseconds a query may take, from its acceptance to its answer. */
export const QUERY_TIMEOUT = 60_000

/** The body of `POST /query`. */
export const queryBody = z.strictObject({
  query: z
    .string({ error: 'a query is required' })
    .max(MAX_QUERY, `may have at most ${MAX_QUERY} characters`)
    .refine((text) => text.trim() !== '', 'must not be empty'),
  user: z.string().min(1).max(256).optional(),
  /** How many passages to give to the model. */
  top_k: z.int().min(1).max(50).default(4),
  provider: z.string().min(1).max(64).optional(),
  model: z.string().min(1).max(256).optional(),
  max_tokens: z.int().min(1).max(100_000).optional(),
  temperature: z.number().min(0).max(2).optional(),
  /** Take nothing from the caches. */
  use_cache: z.boolean().default(true),
  /** Milliseconds to wait for the answer. */
  timeout_ms: z.int().min(1).max(QUERY_TIMEOUT).default(QUERY_TIMEOUT),
})

export type QueryBody = z.output<typeof queryBody>

export const context = z.object({
  /** `DOCUMENT#PIECE` */
  id: z.string(),
  text: z.string(),
  score: z.number(),
})

export type Context = z.output<typeof context>

/** The answer of `POST /query`, and what is kept under `job:completion:{JOB_ID}`. */
export const queryAnswer = z.object({
  job_id: z.string(),
  answer: z.string(),
  /** The generator that served the job, and the replica of the LLM service that it chose. */
  worker: z.string(),
  replica: z.string(),
  contexts: z.array(context),
  timings_ms: z.record(z.string(), z.number()),
  cached: z.object({ embedding: z.boolean(), retrieval: z.boolean(), answer: z.boolean() }),
  model: z.string(),
  provider: z.string(),
})

export type QueryAnswer = z.output<typeof queryAnswer>

/** It is read again with every passage that is found. */
function isSmall(metadata: object): boolean {
  try {
    return JSON.stringify(metadata).length <= MAX_METADATA
  } catch {
    return false // nested too deeply
  }
}

const documentBody = z.strictObject({
  id: z
    .string()
    .min(1)
    .max(512)
    .regex(/^[^\p{Cc}#]+$/u, 'may not contain "#" or control characters')
    .optional(),
  text: z
    .string()
    .max(MAX_DOCUMENT, `may have at most ${MAX_DOCUMENT} characters`)
    .refine((text) => text.trim() !== '', 'must not be empty'),
  metadata: z
    .record(z.string(), z.unknown())
    .refine(isSmall, `may have at most ${MAX_METADATA} characters as JSON`)
    .default({}),
})

/** The body of `POST /documents`: one document, or a list. Without an id a document is known by a digest of its text. */
export const documentsBody = z.union([
  documentBody,
  z.strictObject({ documents: z.array(documentBody).min(1).max(1_000) }),
])

export type NewDocument = z.output<typeof documentBody>

export const ingested = z.object({
  id: z.string(),
  chunks: z.int(),
  status: z.enum(['added', 'replaced', 'unchanged']),
})

export type Ingested = z.output<typeof ingested>

/** A document as it is listed. */
export const documentEntry = z.object({
  id: z.string(),
  chunks: z.int(),
  metadata: z.record(z.string(), z.unknown()),
  /** ISO 8601, UTC. */
  stored_at: z.string(),
})

export type DocumentEntry = z.output<typeof documentEntry>

/** The answer of `GET /documents`; `next` is the `after` of the next page. */
export const documentList = z.object({
  /** Where they are: the name says with which encoder they were stored. */
  collection: z.string(),
  documents: z.array(documentEntry),
  next: z.string().optional(),
})

export type DocumentList = z.output<typeof documentList>

/** The messages of a streamed answer, in order; after a crash of the generator, `restart` and then all of them anew. */
export type StreamMessage =
  | { type: 'sources'; contexts: Context[] }
  | { type: 'token'; text: string }
  | { type: 'restart' }
  | ({ type: 'result' } & Omit<QueryAnswer, 'answer' | 'contexts'>)

import type { OpenAI } from 'openai'
import { type AgentctlError, maskUrl, messageOf } from '../../kernel/index.ts'
import { ragError } from '../errors.ts'
import type { EncoderSettings } from '../settings.ts'
import type { Encoder } from './encoder.ts'
import { batchesOf, unitVector } from './vectors.ts'

const DEFAULT_MODEL = 'text-embedding-3-small'
/** Dimensions that need not be asked for. */
const KNOWN: Readonly<Record<string, number>> = {
  'text-embedding-3-small': 1_536,
  'text-embedding-3-large': 3_072,
  'text-embedding-ada-002': 1_536,
}

/** Limits of one request; OpenAI's are 2,048 texts and 300,000 tokens, and a character may be a token. */
const TEXTS_AT_ONCE = 256
const CHARACTERS_AT_ONCE = 250_000

export interface OpenAiEncoderOptions
  extends Pick<EncoderSettings, 'encoderModel' | 'encoderUrl' | 'encoderApiKey' | 'encoderDimension'> {
  /** Milliseconds one request may take. */
  timeout?: number
}

/**
 * Any endpoint that answers `POST /embeddings` as OpenAI does. Requests are not repeated here: the job that needs them is.
 * Its dimension is the one that is set, else what is known of the model, else learnt by a first request.
 * @throws AgentctlError RAG_ENCODER_UNKNOWN without a key for OpenAI itself, RAG_ENCODER_FAILED
 */
export async function openOpenAiEncoder(options: OpenAiEncoderOptions): Promise<Encoder> {
  const {
    encoderModel: model = DEFAULT_MODEL,
    encoderUrl,
    encoderApiKey,
    encoderDimension,
    timeout = 30_000,
  } = options
  if (encoderApiKey === undefined && encoderUrl === undefined) {
    throw ragError('RAG_ENCODER_UNKNOWN', 'the encoder openai needs OPENAI_API_KEY, or --encoder-url', {
      field: 'encoderApiKey',
    })
  }
  const { OpenAI } = await import('openai')
  const client = new OpenAI({
    apiKey: encoderApiKey ?? 'none',
    // Said explicitly, as the client would look at variables of the environment that are not settings of ours.
    baseURL: encoderUrl ?? 'https://api.openai.com/v1',
    organization: null,
    project: null,
    maxRetries: 0,
    timeout,
    logLevel: 'off',
  })
  const place = `${model} at ${maskUrl(client.baseURL)}`

  async function request(input: string[], signal?: AbortSignal): Promise<Float32Array[]> {
    const body =
      encoderDimension === undefined ? { model, input } : { model, input, dimensions: encoderDimension }
    try {
      const { data } = await client.embeddings.create(body, signal ? { signal } : {})
      return inOrder(data, input.length)
    } catch (error) {
      signal?.throwIfAborted()
      throw failure(place, error)
    }
  }

  const dimension = encoderDimension ?? KNOWN[model] ?? (await request(['dimension']))[0]?.length ?? 0

  return {
    id: `openai-${model}-${dimension}`,
    dimension,
    async encode(texts, signal) {
      const vectors: Float32Array[] = []
      for (const batch of batchesOf(texts, TEXTS_AT_ONCE, CHARACTERS_AT_ONCE)) {
        signal?.throwIfAborted()
        vectors.push(...(await request(batch, signal)))
      }
      const wrong = vectors.find((vector) => vector.length !== dimension)
      if (wrong)
        throw failure(place, new Error(`answered with dimension ${wrong.length} instead of ${dimension}`))
      return vectors
    },
    async close() {},
  }
}

function inOrder(data: readonly OpenAI.Embedding[] | undefined, count: number): Float32Array[] {
  const vectors: Float32Array[] = []
  for (const { index, embedding } of data ?? []) {
    const vector = unitVector(embedding)
    if (!vector) throw new Error('answered with a vector that has no direction')
    vectors[index] = vector
  }
  if (vectors.length !== count || Object.keys(vectors).length !== count) {
    throw new Error(`answered with ${data?.length ?? 'no'} vectors for ${count} texts`)
  }
  return vectors
}

function failure(place: string, error: unknown): AgentctlError {
  const { status, headers, cause } = error as { status?: number; headers?: Headers; cause?: Error }
  // "Connection error." says nothing, its innermost cause does.
  const inner =
    (cause?.cause as NodeJS.ErrnoException | undefined) ?? (cause as NodeJS.ErrnoException | undefined)
  const why = status === undefined ? (inner?.code ?? inner?.message ?? messageOf(error)) : messageOf(error)
  const wait = Number(headers?.get('retry-after')) * 1_000
  return ragError('RAG_ENCODER_FAILED', `${place}: ${why}`, {
    cause: error,
    ...(wait > 0 ? { retryAfter: wait } : {}),
    ...(status === 401 || status === 403
      ? { fix: 'Set OPENAI_API_KEY to a valid key for this endpoint.' }
      : {}),
  })
}

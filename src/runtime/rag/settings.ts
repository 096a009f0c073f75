import { z } from 'zod'
import { duration } from '../kernel/index.ts'

/** Where vectors are kept; without a Qdrant, in a file of the state folder. */
export const vectorSettings = {
  qdrantUrl: z
    .string()
    .optional()
    .meta({
      description: 'Qdrant to keep vectors in (default: a file in the state folder)',
      env: ['AGENTCTL_QDRANT_URL', 'QDRANT_URL'],
      placeholder: 'URL',
      secret: true,
    }),
  qdrantApiKey: z
    .string()
    .optional()
    .meta({
      description: 'Key for Qdrant',
      env: ['AGENTCTL_QDRANT_API_KEY', 'QDRANT_API_KEY'],
      placeholder: 'KEY',
      secret: true,
    }),
}

/** What turns texts into vectors. */
export const encoderSettings = {
  encoder: z
    .string()
    .min(1)
    .default('hash')
    .meta({
      description: 'What turns texts into vectors: "hash" (built in), "openai" or "transformers"',
      env: ['AGENTCTL_ENCODER'],
      placeholder: 'hash|openai|transformers',
    }),
  encoderModel: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: 'Embedding model (openai: text-embedding-3-small, transformers: Xenova/all-MiniLM-L6-v2)',
      env: ['AGENTCTL_ENCODER_MODEL'],
      placeholder: 'MODEL',
    }),
  encoderUrl: z
    .url({ protocol: /^https?$/, error: 'expected a URL such as http://127.0.0.1:11434/v1' })
    .optional()
    .meta({
      description: 'OpenAI-compatible embeddings endpoint, up to and including /v1',
      env: ['AGENTCTL_ENCODER_URL', 'OPENAI_BASE_URL'],
      placeholder: 'URL',
    }),
  encoderApiKey: z
    .string()
    .optional()
    .meta({
      description: 'Key for the embeddings endpoint',
      env: ['AGENTCTL_ENCODER_API_KEY', 'OPENAI_API_KEY'],
      placeholder: 'KEY',
      secret: true,
    }),
  encoderDimension: z.coerce
    .number()
    .int()
    .min(8)
    .max(8_192)
    .optional()
    .meta({
      description: 'Numbers in a vector (default: what the model gives; hash: 384)',
      env: ['AGENTCTL_ENCODER_DIMENSION'],
      placeholder: 'N',
    }),
}

export const ragCacheSettings = {
  embeddingTtl: duration()
    .prefault('1h')
    .meta({
      description: 'How long the vector of a query is kept, 0 for not at all',
      env: ['AGENTCTL_EMBEDDING_TTL'],
    }),
  retrievalTtl: duration()
    .prefault('5m')
    .meta({
      description: 'How long the passages found for a query are kept, 0 for not at all',
      env: ['AGENTCTL_RETRIEVAL_TTL'],
    }),
}

const encoderSchema = z.object(encoderSettings)
export type EncoderSettings = z.output<typeof encoderSchema>

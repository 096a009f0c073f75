import type { Logger } from '../../kernel/index.ts'
import type { RedisClient } from '../../platform/redis/index.ts'
import type { Encoder } from '../encoders/encoder.ts'
import { ragError } from '../errors.ts'
import { createCache } from './cache.ts'
import { embeddingKey } from './keys.ts'

export interface QueryEncoder {
  /** @throws AgentctlError RAG_ENCODER_FAILED */
  encode(
    text: string,
    options: { useCache: boolean; signal?: AbortSignal },
  ): Promise<{ vector: Float32Array; cached: boolean }>
}

export interface QueryEncoderOptions {
  encoder: Encoder
  redis?: RedisClient | undefined
  /** Milliseconds the vector of a query is kept; 0 for not at all. */
  ttl: number
  log: Logger
  /** Milliseconds to wait for Redis. */
  patience?: number
}

/** Encodes queries, each once while it is remembered. Without Redis every query is encoded. */
export function createQueryEncoder({ encoder, ...options }: QueryEncoderOptions): QueryEncoder {
  const cache = createCache(options)
  return {
    async encode(text, { useCache, signal }) {
      const key = embeddingKey(encoder.id, text)
      const known = useCache ? await cache.get(key) : undefined
      if (known?.length === encoder.dimension * Float32Array.BYTES_PER_ELEMENT) {
        // A copy, as a buffer from the network may begin where no float can.
        return { vector: new Float32Array(new Uint8Array(known).buffer), cached: true }
      }
      const [vector] = await encoder.encode([text], signal)
      if (!vector) throw ragError('RAG_ENCODER_FAILED', `${encoder.id} gave no vector`)
      await cache.set(key, Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength))
      return { vector, cached: false }
    },
  }
}

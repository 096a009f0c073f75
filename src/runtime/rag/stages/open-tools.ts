import { join } from 'node:path'
import { openChatAnswering } from '../../chat/index.ts'
import { type Closer, folders, type Logger } from '../../kernel/index.ts'
import { openLlmClient } from '../../llm/index.ts'
import type { RedisClient } from '../../platform/redis/index.ts'
import { openVectorStore } from '../../platform/vectors/index.ts'
import { createCompletionWriter } from '../completion.ts'
import { createLibrary } from '../documents/library.ts'
import { openEncoder } from '../encoders.ts'
import { RAG_FEATURE } from '../keys.ts'
import { QUERY_TIMEOUT } from '../messages.ts'
import type { ToolSettings } from '../options.ts'
import { createQueryEncoder } from '../retrieval/embedding-cache.ts'
import { createRetriever } from '../retrieval/retrieval.ts'
import type { StageTools } from './tools.ts'

export interface ToolsOptions extends ToolSettings {
  redis: RedisClient
  /** Closes what was opened. */
  closer: Closer
  /** Named in answers. */
  worker: string
  /** Jobs at once in each stage. */
  concurrency: number
  /** Milliseconds. */
  streamTtl: number
  observe(stage: string, ms: number): void
  log: Logger
}

/** The configured encoder, store and replicas, each opened when a stage first asks for it. */
export function openTools(options: ToolsOptions): StageTools {
  const { redis, closer, worker, concurrency, streamTtl, observe, log } = options

  const encoder = once(async () => closer.add(await openEncoder(options, log), (opened) => opened.close()))
  const store = once(async () => {
    const { qdrantUrl, qdrantApiKey, vectorsPath = join(folders().state, 'vectors.db') } = options
    const opened = await openVectorStore({ qdrantUrl, qdrantApiKey, path: vectorsPath, log })
    return closer.add(opened, () => opened.close())
  })
  const llm = once(async () => closer.add(await openLlmClient(options), (opened) => opened.close()))

  return {
    completions: createCompletionWriter(redis),
    encoder,
    documents: once(async () =>
      createLibrary({ store: await store(), encoder: await encoder(), redis, log }),
    ),
    queryEncoder: once(async () =>
      createQueryEncoder({ encoder: await encoder(), redis, ttl: options.embeddingTtl, log }),
    ),
    retriever: once(async () =>
      createRetriever({ store: await store(), redis, ttl: options.retrievalTtl, log }),
    ),
    llm,
    chats: once(() =>
      openChatAnswering({
        redis,
        feature: RAG_FEATURE,
        name: worker,
        streamTtl,
        timeout: QUERY_TIMEOUT,
        log,
      }),
    ),
    observe,
    concurrency,
    worker,
    log,
  }
}

/** Opens at the first call; later ones, and those meanwhile, get the same. */
function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined
  return () => {
    opened ??= open()
    return opened
  }
}

import { type Logger, messageOf } from '../../kernel/index.ts'
import { ragError } from '../errors.ts'
import type { EncoderSettings } from '../settings.ts'
import type { Encoder } from './encoder.ts'
import { batchesOf, unitVector } from './vectors.ts'

const PACKAGE = '@huggingface/transformers'
const DEFAULT_MODEL = 'Xenova/all-MiniLM-L6-v2'
/** Texts in one run of the model; more need more memory and are not faster on a processor. */
const TEXTS_AT_ONCE = 16

/** The part of Transformers.js (3 and 4) that is used; it is no dependency, so its types are not there. */
export interface Transformers {
  pipeline(task: 'feature-extraction', model: string): Promise<FeatureExtraction>
}

export interface FeatureExtraction {
  (
    texts: string[],
    options: { pooling: 'mean'; normalize: true },
  ): Promise<{ data: ArrayLike<number>; dims: number[] }>
  dispose(): Promise<unknown>
}

/**
 * A sentence-transformers model on this machine, by Transformers.js, if it is installed. The model is downloaded at first use.
 * @throws AgentctlError RAG_ENCODER_UNKNOWN when the package is not installed, RAG_ENCODER_FAILED when the model cannot be had
 */
export async function openTransformersEncoder(
  { encoderModel: model = DEFAULT_MODEL }: Pick<EncoderSettings, 'encoderModel'>,
  log: Logger,
  load: () => Promise<Transformers> = () => import(/* a variable: not looked for when building */ PACKAGE),
): Promise<Encoder> {
  const { pipeline } = await loadOrExplain(load)
  log.info({ model }, 'loading the embedding model')
  const extract = await attempt(model, () => pipeline('feature-extraction', model))

  async function run(texts: string[]): Promise<Float32Array[]> {
    const { data, dims } = await extract(texts, { pooling: 'mean', normalize: true })
    const width = dims.at(-1) ?? 0
    return texts.map((_, i) => {
      const vector = unitVector(Array.prototype.slice.call(data, i * width, (i + 1) * width))
      if (!vector) throw new Error('the model gave a vector that has no direction')
      return vector
    })
  }

  const [probe] = await attempt(model, () => run(['dimension']))
  const dimension = probe?.length ?? 0
  return {
    id: `transformers-${model}-${dimension}`,
    dimension,
    async encode(texts, signal) {
      const vectors: Float32Array[] = []
      for (const batch of batchesOf(texts, TEXTS_AT_ONCE, Number.POSITIVE_INFINITY)) {
        signal?.throwIfAborted()
        vectors.push(...(await attempt(model, () => run(batch))))
      }
      return vectors
    },
    async close() {
      await extract.dispose()
    },
  }
}

async function loadOrExplain(load: () => Promise<Transformers>): Promise<Transformers> {
  try {
    return await load()
  } catch (cause) {
    const why = messageOf(cause).split('\n')[0]
    throw ragError('RAG_ENCODER_UNKNOWN', `the encoder transformers needs ${PACKAGE}: ${why}`, {
      cause,
      field: 'encoder',
      fix: `Install it beside agentctl (\`npm install ${PACKAGE}\`), or use the encoder hash.`,
    })
  }
}

async function attempt<T>(model: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw ragError('RAG_ENCODER_FAILED', `${model}: ${messageOf(cause)}`, {
      cause,
      fix: 'Check the name of the model, and that huggingface.co can be reached for its first download.',
    })
  }
}

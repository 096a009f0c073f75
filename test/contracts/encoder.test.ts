import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCloser } from '../../src/runtime/kernel/index.ts'
import type { Encoder } from '../../src/runtime/rag/encoders/encoder.ts'
import { createHashEncoder } from '../../src/runtime/rag/encoders/hash.ts'
import { openOpenAiEncoder } from '../../src/runtime/rag/encoders/openai.ts'
import { openTransformersEncoder, type Transformers } from '../../src/runtime/rag/encoders/transformers.ts'
import { encoderNames } from '../../src/runtime/rag/encoders.ts'
import { startEmbeddings, vectorOf } from '../support/embeddings.ts'
import { silent } from '../support/redis.ts'

type Open = (closer: ReturnType<typeof createCloser>) => Promise<Encoder>

/** The library's documented answer: one tensor of all texts, row by row. The models themselves have to be downloaded. */
const transformers: Transformers = {
  async pipeline(task, model) {
    expect([task, model]).toEqual(['feature-extraction', 'Xenova/all-MiniLM-L6-v2'])
    const extract = async (texts: string[], options: object) => {
      expect(options).toEqual({ pooling: 'mean', normalize: true })
      return {
        dims: [texts.length, 16],
        data: Float32Array.from(texts.flatMap((text) => [...vectorOf(text, 16)])),
      }
    }
    return Object.assign(extract, { dispose: async () => [] })
  },
}

const cases: Readonly<Record<string, Open>> = {
  hash: async () => createHashEncoder(),
  openai: async (closer) => {
    const server = closer.add(await startEmbeddings({ dimension: 24 }), (running) => running.close())
    return openOpenAiEncoder({ encoderUrl: server.url, encoderModel: 'nomic-embed-text' })
  },
  transformers: () => openTransformersEncoder({}, silent, async () => transformers),
}

it('every encoder is tried here', () => {
  expect(Object.keys(cases)).toEqual(encoderNames)
})

describe.each(Object.entries(cases))('the encoder %s', (name, open) => {
  const closer = createCloser()
  let encoder: Encoder
  beforeAll(async () => {
    encoder = closer.add(await open(closer), (opened) => opened.close())
  })
  afterAll(() => closer.close())

  const texts = ['Redis streams', 'A rose', 'größer 😀', '???', 'x'.repeat(20_000)]

  it('is named after itself and its dimension', () => {
    expect(encoder.id).toMatch(new RegExp(`^${name}.*-${encoder.dimension}$`))
  })

  it('gives one vector of length 1 for each text, in order', async () => {
    const together = await encoder.encode(texts)
    expect(together).toHaveLength(texts.length)
    for (const [i, vector] of together.entries()) {
      expect(vector).toHaveLength(encoder.dimension)
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5)
      expect((await encoder.encode([texts[i] ?? '']))[0]).toEqual(vector)
    }
  })

  it('takes no text and many', async () => {
    expect(await encoder.encode([])).toEqual([])
    const many = await encoder.encode(Array.from({ length: 600 }, (_, i) => `text number ${i}`))
    expect(many).toHaveLength(600)
    expect(many[599]).toEqual((await encoder.encode(['text number 599']))[0])
  })

  it('stops when it is told to', async () => {
    await expect(encoder.encode(['a'], AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
  })
})

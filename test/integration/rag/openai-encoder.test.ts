import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { freePort } from '../../../src/runtime/platform/process/index.ts'
import { openOpenAiEncoder } from '../../../src/runtime/rag/encoders/openai.ts'
import { type EmbeddingsOptions, problem, send, startEmbeddings } from '../../support/embeddings.ts'

let closer: ReturnType<typeof createCloser>
beforeEach(() => {
  closer = createCloser()
})
afterEach(() => closer.close())

async function start(options: Partial<EmbeddingsOptions> = {}) {
  return closer.add(await startEmbeddings({ dimension: 12, ...options }), (server) => server.close())
}

describe('the encoder for OpenAI-compatible endpoints', () => {
  it('learns the dimension of an unknown model by asking, and knows that of others', async () => {
    const server = await start()
    const learnt = await openOpenAiEncoder({ encoderUrl: server.url, encoderModel: 'org/some:model' })
    expect(learnt).toMatchObject({ id: 'openai-org/some:model-12', dimension: 12 })
    expect(server.asked).toHaveLength(1)
    expect(await openOpenAiEncoder({ encoderUrl: server.url })).toMatchObject({
      id: 'openai-text-embedding-3-small-1536',
      dimension: 1_536,
    })
    expect(server.asked).toHaveLength(1)
  })

  it('asks for the dimension that is set', async () => {
    const server = await start()
    const encoder = await openOpenAiEncoder({ encoderUrl: server.url, encoderDimension: 64 })
    expect(encoder.id).toBe('openai-text-embedding-3-small-64')
    expect((await encoder.encode(['a']))[0]).toHaveLength(64)
    expect(server.asked[0]).toMatchObject({
      model: 'text-embedding-3-small',
      dimensions: 64,
      encoding_format: 'base64',
    })
  })

  it('understands servers that know no base64', async () => {
    const [plain, packed] = [await start({ floatsOnly: true }), await start()]
    const vectors = await Promise.all(
      [plain, packed].map(async ({ url }) =>
        (await openOpenAiEncoder({ encoderUrl: url, encoderModel: 'm' })).encode(['Hello']),
      ),
    )
    expect(vectors[0]).toEqual(vectors[1])
  })

  it('sends many texts in requests of at most 256 texts and 250,000 characters', async () => {
    const server = await start()
    const encoder = await openOpenAiEncoder({ encoderUrl: server.url, encoderDimension: 12 })
    await encoder.encode(Array.from({ length: 600 }, () => 'short'))
    await encoder.encode(Array.from({ length: 5 }, () => 'x'.repeat(100_000)))
    expect(server.asked.map(({ input }) => input.length)).toEqual([256, 256, 88, 2, 2, 1])
  })

  it('sends the key, and says so when it is wrong', async () => {
    const server = await start({ apiKey: 'right' })
    const open = (encoderApiKey: string) =>
      openOpenAiEncoder({ encoderUrl: server.url, encoderModel: 'm', encoderApiKey })
    expect((await open('right')).dimension).toBe(12)
    await expect(open('wrong')).rejects.toMatchObject({
      code: 'RAG_ENCODER_FAILED',
      message: expect.stringContaining('Incorrect API key provided'),
      fix: 'Set OPENAI_API_KEY to a valid key for this endpoint.',
    })
  })

  it('names the reason when nobody answers', async () => {
    const port = await freePort()
    const encoder = await openOpenAiEncoder({
      encoderUrl: `http://127.0.0.1:${port}/v1`,
      encoderDimension: 12,
    })
    await expect(encoder.encode(['a'])).rejects.toMatchObject({
      code: 'RAG_ENCODER_FAILED',
      retryable: true,
      message: `text-embedding-3-small at http://127.0.0.1:${port}/v1: ECONNREFUSED`,
    })
  })

  it('hands on when to come again, and asks only once itself', async () => {
    const server = await start()
    const encoder = await openOpenAiEncoder({ encoderUrl: server.url, encoderDimension: 12 })
    let times = 0
    server.instead = (_, response) => {
      times++
      send(response, 429, problem('Rate limit reached'), { 'retry-after': '7' })
      return true
    }
    await expect(encoder.encode(['a'])).rejects.toMatchObject({
      code: 'RAG_ENCODER_FAILED',
      retryAfter: 7_000,
      message: expect.stringContaining('Rate limit reached'),
    })
    expect(times).toBe(1)
  })

  it('gives up on a server that hangs, and at once when told to stop', async () => {
    const server = await start()
    const encoder = await openOpenAiEncoder({ encoderUrl: server.url, encoderDimension: 12, timeout: 100 })
    server.instead = () => true
    await expect(encoder.encode(['a'])).rejects.toMatchObject({ code: 'RAG_ENCODER_FAILED' })
    const patient = await openOpenAiEncoder({ encoderUrl: server.url, encoderDimension: 12 })
    const controller = new AbortController()
    server.instead = () => {
      controller.abort(new Error('enough'))
      return true
    }
    await expect(patient.encode(['a'], controller.signal)).rejects.toThrow('enough')
  })

  it.each([
    [
      'fewer vectors than texts',
      { data: [{ index: 0, embedding: Array(12).fill(1) }] },
      /1 vectors for 2 texts/,
    ],
    ['no data', {}, /no vectors for 2 texts/],
    [
      'another dimension',
      { data: [0, 1].map((index) => ({ index, embedding: [1, 2] })) },
      /dimension 2 instead of 12/,
    ],
    [
      'a vector of zeros',
      { data: [0, 1].map((index) => ({ index, embedding: Array(12).fill(0) })) },
      /no direction/,
    ],
  ])('refuses %s', async (_, answer, message) => {
    const server = await start()
    const encoder = await openOpenAiEncoder({ encoderUrl: server.url, encoderDimension: 12 })
    server.instead = (_request, response) => {
      send(response, 200, { object: 'list', model: 'm', ...answer })
      return true
    }
    await expect(encoder.encode(['a', 'b'])).rejects.toMatchObject({
      code: 'RAG_ENCODER_FAILED',
      message: expect.stringMatching(message),
    })
  })

  it('puts vectors back in order', async () => {
    const server = await start()
    const encoder = await openOpenAiEncoder({ encoderUrl: server.url, encoderDimension: 2 })
    server.instead = (_request, response) => {
      const data = [1, 0].map((index) => ({ index, embedding: index ? [0, 5] : [5, 0] }))
      send(response, 200, { object: 'list', model: 'm', data })
      return true
    }
    expect(await encoder.encode(['a', 'b'])).toEqual([Float32Array.of(1, 0), Float32Array.of(0, 1)])
  })
})

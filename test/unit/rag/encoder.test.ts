import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { chunksOf } from '../../../src/runtime/rag/documents/chunks.ts'
import { createHashEncoder } from '../../../src/runtime/rag/encoders/hash.ts'
import { batchesOf, unitVector } from '../../../src/runtime/rag/encoders/vectors.ts'
import { wordsOf } from '../../../src/runtime/rag/encoders/words.ts'
import { openEncoder } from '../../../src/runtime/rag/encoders.ts'
import { silent } from '../../support/redis.ts'

const encoder = createHashEncoder()
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0)

async function likeness(a: string, b: string): Promise<number> {
  const [first, second] = await encoder.encode([a, b])
  return dot(first as Float32Array, second as Float32Array)
}

describe('the built-in encoder', () => {
  it('gives the same vectors on every machine and in every version', async () => {
    const [vector] = await createHashEncoder(8).encode(['Redis streams'])
    expect(
      [...(vector as Float32Array)].map((value) => Math.round(value * 1e4) / 1e4),
    ).toMatchInlineSnapshot(`
      [
        -0.6704,
        -0.5285,
        -0.0413,
        0.3681,
        0,
        0.1831,
        -0.1418,
        0.2836,
      ]
    `)
  })

  it('takes case, accents, number and compatibility forms for the same', async () => {
    expect(await likeness('Über die Größe', 'uber DIE große')).toBeGreaterThan(0.95)
    expect(await likeness('ﬁle ２', 'file 2')).toBeCloseTo(1, 5)
    expect(await likeness('streams are trimmed', 'stream trimming')).toBeGreaterThan(0.8)
    expect(await likeness('REDIS_URL', 'redis url')).toBeCloseTo(1, 5)
    expect(await likeness('chatStreaming', 'chat streaming')).toBeCloseTo(1, 5)
  })

  it('finds words that are alike closer than others', async () => {
    expect(await likeness('kubernetes', 'kubernets')).toBeGreaterThan(0.2)
    expect(Math.abs(await likeness('kubernetes', 'banana'))).toBeLessThan(0.1)
  })

  it('gives words such as "what is the" hardly any weight', async () => {
    expect(await likeness('how was the answer of a worker', 'worker answer')).toBeGreaterThan(0.9)
    expect(await likeness('what is the', 'why are those')).toBeLessThan(0.5)
  })

  it('brings a question for a meaning and the explanation together', async () => {
    const explains = await likeness('What is a lease?', 'A lease is the right to a slot for some seconds.')
    const mentions = await likeness(
      'What is a lease?',
      'Every lease has a slot, and leases of the dead expire.',
    )
    expect(explains).toBeGreaterThan(mentions + 0.2)
  })

  it('knows scripts without spaces', async () => {
    expect(await likeness('機械学習とは何ですか', '機械学習は面白い')).toBeGreaterThan(0.2)
  })

  it('has a vector for texts without words', async () => {
    for (const text of ['???', '😀', ' ', '', '\u0301']) {
      const [vector] = await encoder.encode([text])
      expect(dot(vector as Float32Array, vector as Float32Array)).toBeCloseTo(1, 5)
    }
  })
})

describe('the words of a text', () => {
  it.each([
    ['streams streaming streamed', ['stream', 'stream', 'stream']],
    ['policies classes stopped caches', ['policy', 'class', 'stop', 'cach']],
    ['created creation create', ['creat', 'creat', 'creat']],
    ['is bus this process', ['is', 'bus', 'this', 'process']],
    ["agent:stream:task.created don't", ['agent', 'stream', 'task', 'creat', 'don', 't']],
  ])('%s', (text, stems) => {
    expect(wordsOf(text).map(({ stem }) => stem)).toEqual(stems)
  })
})

// Questions as people ask them, and the pages that answer them.
const QUESTIONS: readonly [string, ...string[]][] = [
  ['what is agentctl?', 'README.md', 'architecture.md'],
  ['how do I start everything on my machine?', 'README.md'],
  ['How can I run the tests?', 'README.md'],
  ['how do I scale the workers', 'README.md', 'operating.md'],
  ['how to write a handler in TypeScript', 'README.md', 'chat.md'],
  ['what licence does agentctl have', 'README.md'],
  ['What happens to a chat when the worker is killed?', 'chat.md'],
  ['how does a client resume a stream with Last-Event-ID', 'chat.md', 'rag.md', 'operating.md'],
  ['how long do chat streams live before they expire', 'chat.md'],
  ['how many messages may a chat have at most', 'chat.md', 'errors.md'],
  ['what does the error REDIS_UNREACHABLE mean', 'errors.md'],
  ['How do I fix REDIS_SERVER_MISSING', 'errors.md'],
  ['how to replay old events', 'event-bus.md'],
  ['how are duplicate events recognised', 'event-bus.md'],
  ['register a schema for an event type', 'event-bus.md'],
  ['request and reply with a timeout', 'event-bus.md'],
  ['what is a role', 'architecture.md'],
  ['how are import directions checked?', 'architecture.md', 'README.md'],
  ['how many events per second can be published', 'performance.md'],
  ['latency of the chat relay p99', 'performance.md'],
]

// Pages by name: a page more in docs/ is no reason for other answers here.
const PAGES = [
  'README.md',
  ...[
    'architecture',
    'balancer',
    'campaigns',
    'chat',
    'code-evaluation',
    'errors',
    'event-bus',
    'llm',
    'load-testing',
    'operating',
    'performance',
    'rag',
    'rules-language',
  ].map((name) => `docs/${name}.md`),
]

const root = new URL('../../../', import.meta.url)

async function passagesOfTheManual() {
  const passages = PAGES.flatMap((page) =>
    chunksOf(readFileSync(new URL(page, root), 'utf8')).map(({ text }) => ({
      page: page.replace('docs/', ''),
      text,
    })),
  )
  const vectors = await encoder.encode(passages.map(({ text }) => text))
  return passages.map((passage, i) => ({ ...passage, vector: vectors[i] as Float32Array }))
}

describe('with the manual of this program', () => {
  it('finds the page that answers a question among the first four for most, and first for many', async () => {
    const passages = await passagesOfTheManual()
    const asked = await encoder.encode(QUESTIONS.map(([question]) => question))
    const places = QUESTIONS.map(([, ...pages], i) => {
      const scored = passages.map(({ page, vector }) => ({
        page,
        score: dot(vector, asked[i] as Float32Array),
      }))
      return scored.sort((a, b) => b.score - a.score).findIndex(({ page }) => pages.includes(page))
    })
    expect(places.filter((place) => place < 1).length).toBeGreaterThanOrEqual(12)
    expect(places.filter((place) => place < 4).length).toBeGreaterThanOrEqual(16)
  })
})

describe('opening an encoder', () => {
  it.each(['word2vec', 'toString', ''])('refuses %j and names those there are', async (name) => {
    await expect(openEncoder({ encoder: name }, silent)).rejects.toMatchObject({
      code: 'RAG_ENCODER_UNKNOWN',
      field: 'encoder',
      message: `"${name}" is none of hash, openai, transformers`,
    })
  })

  it('says that OpenAI needs a key', async () => {
    await expect(openEncoder({ encoder: 'openai' }, silent)).rejects.toMatchObject({
      code: 'RAG_ENCODER_UNKNOWN',
      message: expect.stringContaining('OPENAI_API_KEY'),
    })
  })

  it('says how to install Transformers.js', async () => {
    await expect(openEncoder({ encoder: 'transformers' }, silent)).rejects.toMatchObject({
      code: 'RAG_ENCODER_UNKNOWN',
      message: expect.stringContaining('@huggingface/transformers'),
      fix: expect.stringContaining('npm install @huggingface/transformers'),
    })
  })

  it('takes the dimension into the id', async () => {
    expect((await openEncoder({ encoder: 'hash' }, silent)).id).toBe('hash-384')
    expect(await openEncoder({ encoder: 'hash', encoderDimension: 64 }, silent)).toMatchObject({
      id: 'hash-64',
      dimension: 64,
    })
  })
})

it('batches keep the order and both limits', () => {
  expect(batchesOf(['aa', 'b', 'cccc', 'd', 'e', 'f'], 3, 4)).toEqual([
    ['aa', 'b'],
    ['cccc'],
    ['d', 'e', 'f'],
  ])
  expect(batchesOf(['toolong', 'x'], 3, 4)).toEqual([['toolong'], ['x']])
  expect(batchesOf([], 3, 4)).toEqual([])
})

it('a vector without direction has no length', () => {
  expect(unitVector([3, 4])).toEqual(Float32Array.of(0.6, 0.8))
  for (const values of [[0, 0], [Number.NaN, 1], [Number.POSITIVE_INFINITY, 0], []])
    expect(unitVector(values)).toBeUndefined()
})

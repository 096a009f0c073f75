import { describe, expect, it } from 'vitest'
import { extractAnswer, parsePassages } from '../../../src/runtime/llm/providers/extract.ts'

const PROMPT = `Answer from the passages.

Passages:
[1] (readme#0) agentctl is one terminal program. It runs, watches and proves a Redis-native agent backend.
It needs no Docker.
[2] (notes (old).md#3) The cat sleeps on the mat. Queues are kept in Redis.
[3] (empty)

Question: What is agentctl?`

const answer = (prompt: string) => {
  const question = parsePassages(prompt)
  if (!question) throw new Error('not understood')
  return extractAnswer(question)
}

describe('a prompt with passages', () => {
  it('is understood', () => {
    expect(parsePassages(PROMPT)).toEqual({
      passages: [
        {
          number: 1,
          text: 'agentctl is one terminal program. It runs, watches and proves a Redis-native agent backend.\nIt needs no Docker.',
        },
        { number: 2, text: expect.stringContaining('The cat sleeps') },
        { number: 3, text: expect.any(String) },
      ],
      question: 'What is agentctl?',
    })
  })

  it.each(['What is agentctl?', 'Passages:\n[1] (a) text', 'Question: what?\nPassages:', ''])(
    'is not %j',
    (prompt) => {
      expect(parsePassages(prompt)).toBeUndefined()
    },
  )

  it('may hold a question of several lines', () => {
    expect(parsePassages('Passages:\n[1] (a) x\nQuestion: one\ntwo')?.question).toBe('one\ntwo')
  })
})

describe('the answer', () => {
  it('is the sentence that has most in common with the question, with its passage', () => {
    expect(answer(PROMPT)).toBe('agentctl is one terminal program. [1]')
  })

  it('prefers rare words to frequent ones', () => {
    const passages = [
      'The owl is here.',
      'The dog is there.',
      'The dog is what the dog is.',
      'It is the zebra.',
    ]
    const lines = passages.map((text, index) => `[${index + 1}] (p${index}) ${text}`).join('\n')
    expect(answer(`Passages:\n${lines}\nQuestion: what is the zebra?`)).toMatch(/^It is the zebra\. \[4\]/)
  })

  it('finds the plural by the singular', () => {
    expect(answer(PROMPT.replace('What is agentctl?', 'Where is the queue?'))).toMatch(
      /^Queues are kept in Redis\. \[2\]/,
    )
  })

  it('has three sentences at most, each once', () => {
    const same = Array.from(
      { length: 6 },
      (_, i) => `[${i + 1}] (p${i}) Redis keeps queue ${i % 4} safe.`,
    ).join('\n')
    const sentences = answer(`Passages:\n${same}\nQuestion: does redis keep the queue safe?`).match(/\[\d\]/g)
    expect(sentences).toHaveLength(3)
  })

  it('says so when the passages have nothing to do with the question', () => {
    expect(answer(PROMPT.replace('What is agentctl?', 'Quelle heure?'))).toBe(
      'The passages do not answer this question.',
    )
    expect(answer('Passages:\nQuestion: anything?')).toBe('The passages do not answer this question.')
  })

  it('takes headings and lists apart', () => {
    const markdown = '[1] (a) # Title\n- Streams are append-only logs\n- Hashes hold fields'
    expect(answer(`Passages:\n${markdown}\nQuestion: what are streams?`)).toBe(
      'Streams are append-only logs [1]',
    )
  })

  it('prefers a sentence that says what the thing is', () => {
    const text =
      'Leases ¶ A lease expires. Leases and leases are renewed by leases. A lease is a slot at a replica.'
    const prompt = `Passages:\n[1] (a) ${text}\nQuestion: What is a lease?`
    expect(answer(prompt)).toBe('A lease is a slot at a replica. [1]')
  })

  it('shortens what is no sentence', () => {
    const prompt = `Passages:\n[1] (a) ${'queue '.repeat(200)}\nQuestion: which queue?`
    expect(answer(prompt)).toMatch(/^queue .{300,320}… \[1\]$/)
  })

  it('is quick for long passages', () => {
    const long = `[1] (a) ${'lorem ipsum dolor sit amet, '.repeat(15_000)}`
    const started = performance.now()
    answer(`Passages:\n${long}\nQuestion: what is dolor?`)
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})

describe('a prompt that means harm', () => {
  const many = (count: number, of: (index: number) => string) =>
    Array.from({ length: count }, (_, i) => of(i))

  it.each([
    ['passages whose heads never end', `Passages:\n[1] (${') '.repeat(195_000)}\r x\nQuestion: x`],
    ['a gap in the question', `Passages:\n[1] (a) b\nQuestion: x${' '.repeat(390_000)}x`],
    [
      'many sentences and a question of many words',
      `Passages:\n[1] (a) ${many(25_000, (i) => `a${i}. `).join('')}\nQuestion: ${many(25_000, (i) => `b${i}`).join(' ')}`,
    ],
    ['a question about a word without end', `Passages:\n[1] (a) b\nQuestion: what is ${'a'.repeat(390_000)}`],
  ])('is answered at once: %s', (_, prompt) => {
    const started = performance.now()
    answer(prompt)
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})

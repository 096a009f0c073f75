import { describe, expect, it } from 'vitest'
import { type ChunkLimits, chunksOf, DEFAULT_LIMITS } from '../../../src/runtime/rag/documents/chunks.ts'

const bodies = (text: string, limits?: ChunkLimits) => chunksOf(text, limits).map((passage) => passage.text)

describe('the passages of a text', () => {
  it('are one for a short text, as it is', () => {
    expect(chunksOf('Just a line.')).toEqual([{ text: 'Just a line.', start: 0, end: 12 }])
    expect(bodies('\n\n  indented\n\n')).toEqual(['  indented'])
  })

  it('are none for white space', () => {
    expect(chunksOf('')).toEqual([])
    expect(chunksOf(' \n\t\n ')).toEqual([])
  })

  it('follow headings, and name those above', () => {
    const long = (word: string) => `${word} `.repeat(80).trim()
    const text = `# Guide\n\n${long('intro')}\n\n## Setup\n\n${long('setup')}\n\n### Linux\n\n${long('linux')}\n\n## Use\n\n${long('using')}\n`
    expect(bodies(text)).toEqual([
      `# Guide\n\n${long('intro')}`,
      `Guide\n## Setup\n\n${long('setup')}`,
      `Guide › Setup\n### Linux\n\n${long('linux')}`,
      `Guide\n## Use\n\n${long('using')}`,
    ])
  })

  it('share one where sections are small', () => {
    expect(bodies('# A\n\none\n\n## B\n\ntwo\n\n# C\n\nthree')).toEqual([
      '# A\n\none\n\n## B\n\ntwo\n\n# C\n\nthree',
    ])
  })

  it('never end with a heading whose text is in the next one', () => {
    const text = `# A\n\n${'x '.repeat(100)}\n\n## B\n\n${'y '.repeat(420)}`
    expect(bodies(text).map((body) => body.slice(0, 8))).toEqual(['# A\n\nx x', 'A\n## B\n\n'])
  })

  it('continue a section under its headings, some words earlier', () => {
    const sentences = Array.from({ length: 40 }, (_, i) => `This is sentence number ${i} of the section.`)
    const [first, second] = bodies(`# Top\n\n## Long\n\n${sentences.join(' ')}`)
    expect(first).toMatch(/^# Top\n\n## Long\n\nThis is sentence number 0/)
    expect(second).toMatch(/^Top › Long\nThis is sentence number \d+ of the section\. This/)
    const last = /number (\d+) of the section\.$/.exec(first ?? '')?.[1]
    expect(second).toContain(`sentence number ${last} `)
    expect(second).toContain(`sentence number ${Number(last) + 1} `)
  })

  it('keep code together, and take nothing in it for a heading', () => {
    const code = `\`\`\`sh\n${'# a comment in the code, no heading\n'.repeat(28)}\`\`\``
    const passages = bodies(
      `# Title\n\n${'word '.repeat(150)}\n\n${code}\n\n~~~\n\`\`\`\n# neither\n~~~\n\nafter`,
    )
    expect(passages.filter((text) => text.includes(code))).toHaveLength(1)
    expect(passages.at(-1)).toMatch(/^Title\n/)
  })

  it('cut long code at lines', () => {
    const lines = Array.from({ length: 200 }, (_, i) => `const value${i} = compute(${i})`)
    const passages = bodies(`\`\`\`ts\n${lines.join('\n')}\n\`\`\``, { ...DEFAULT_LIMITS, overlap: 0 })
    expect(passages.length).toBeGreaterThan(4)
    for (const passage of passages) {
      for (const line of passage.split('\n')) expect(['```ts', '```', ...lines]).toContain(line)
    }
  })

  it('end at a sentence or at least at a word where there is one', () => {
    for (const text of bodies('Some words make a sentence. '.repeat(200)).slice(0, -1))
      expect(text).toMatch(/\.$/)
    for (const text of bodies('word '.repeat(1_000))) expect(text).toMatch(/^word.*word$/)
    for (const text of bodies('これは文です。'.repeat(500)).slice(0, -1)) expect(text).toMatch(/。$/)
  })

  it('take one line of half a million characters in no time, without tearing characters apart', () => {
    const began = performance.now()
    const passages = chunksOf(`x${'😀'.repeat(250_000)}`)
    expect(performance.now() - began).toBeLessThan(5_000)
    expect(passages.length).toBeGreaterThan(500)
    expect(passages.every(({ text }) => text.isWellFormed())).toBe(true)
  })

  it('know the title of a heading from the marks around it', () => {
    const of = (heading: string) => bodies(`${heading}\n\n${'x '.repeat(500)}`)[1]?.split('\n')[0]
    for (const heading of ['# A b', '#\t A b \t', '# A b #', '   # A b ### ', '# A b##'])
      expect(of(heading)).toBe('A b')
  })

  it('are found in no time where headings hold nothing but blanks and marks', () => {
    const heading = (filling: string) => `# x${filling.repeat(990 / filling.length)}y\n`
    const began = performance.now()
    for (const filling of ['\t', ' ', '# ', '#']) chunksOf(heading(filling).repeat(100))
    expect(performance.now() - began).toBeLessThan(2_000)
  })

  it('shorten headings without end, innermost last', () => {
    const text = `# ${'very long '.repeat(40)}\n\n## ${'😀'.repeat(150)} Inner\n\n${'words '.repeat(400)}`
    for (const passage of chunksOf(text)) expect(passage.text.isWellFormed()).toBe(true)
    expect(chunksOf(text).at(-1)?.text).toMatch(/^…(😀)+ Inner\n/u)
  })

  it('understand lines that end as on Windows', () => {
    const [first, second] = bodies(`# A\r\n\r\n${'x '.repeat(200)}\r\n## B\r\n${'y '.repeat(200)}`)
    expect(first).toMatch(/^# A\r\n/)
    expect(second).toMatch(/^A\n## B\r\n/)
  })
})

/** A pseudo-random sequence with a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const PARTS = [
  '# Head\n',
  '## Second\n',
  '#### Deep one\n',
  '```\n',
  '~~~~\n',
  '\n',
  '\r\n',
  ' ',
  'word ',
  'Sentence. ',
  '😀',
  'ä',
  '\u0301',
  '| a | b |\n',
  '- item\n',
  'x'.repeat(300),
  'long words here '.repeat(30),
  '。',
  '\t',
  '#nohead\n',
  '\ud83d',
] // the last one is half a character, as torn texts have

function randomText(seed: number): string {
  const random = seeded(seed)
  const count = Math.floor(random() * 120)
  return Array.from({ length: count }, () => PARTS[Math.floor(random() * PARTS.length)]).join('')
}

describe('of any text', () => {
  const seeds = Array.from({ length: 300 }, (_, i) => i)
  const limits: ChunkLimits = { size: 200, most: 450, overlap: 40 }

  it('the passages hold everything but white space, in order, within bounds', () => {
    for (const seed of seeds) {
      const text = randomText(seed)
      let covered = 0
      for (const { text: passage, start, end } of chunksOf(text, limits)) {
        expect(start, `seed ${seed}`).toBeLessThan(end)
        expect(end - start, `seed ${seed}`).toBeLessThanOrEqual(limits.most + limits.overlap)
        expect(text.slice(covered, start).trim(), `seed ${seed}`).toBe('')
        expect(passage.endsWith(text.slice(start, end).trim()), `seed ${seed}`).toBe(true)
        covered = end
      }
      expect(text.slice(covered).trim(), `seed ${seed}`).toBe('')
    }
  })

  it('no passage tears a character apart that the text does not', () => {
    for (const seed of seeds) {
      const text = randomText(seed).toWellFormed()
      for (const { text: passage } of chunksOf(text, limits))
        expect(passage.isWellFormed(), `seed ${seed}`).toBe(true)
    }
  })

  it('the passages are always the same', () => {
    expect(chunksOf(randomText(7))).toEqual(chunksOf(randomText(7)))
  })
})

/** A question about numbered passages, as the RAG pipeline asks it. */
export interface PassageQuestion {
  passages: readonly { number: number; text: string }[]
  question: string
}

/** Sentences an answer may have. */
const MOST = 3
/** A further sentence must be this good, beside the best one. */
const WORTH = 0.6
/** Characters of a sentence: what is shorter is mostly a heading, what is longer a table or a listing. */
const SENTENCE = { shortest: 20, longest: 320 }
/** What those count, beside sentences. */
const UNLIKELY = 0.3
/** How much more a sentence counts that says what the thing asked about is. */
const EXPLAINS = 4

/**
 * Understands a prompt that has a line `Passages:`, passages `[1] (id) text…` each of one line or more, and a last line
 * `Question: …`; undefined for any other.
 */
export function parsePassages(prompt: string): PassageQuestion | undefined {
  const lines = prompt.split('\n')
  const start = lines.findIndex((line) => line.trim() === 'Passages:')
  const end = lines.findLastIndex((line) => line.startsWith('Question:'))
  if (start < 0 || end < start) return undefined
  const passages: { number: number; text: string }[] = []
  for (const line of lines.slice(start + 1, end)) {
    // With the flag s the rest of a line always matches: no line makes it search again and again.
    const head = /^\[(\d+)\] \(.*?\)(?: (.*))?$/s.exec(line)
    const last = passages.at(-1)
    if (head) passages.push({ number: Number(head[1]), text: head[2] ?? '' })
    else if (last) last.text += `\n${line}`
  }
  const question = [lines[end]?.slice('Question:'.length), ...lines.slice(end + 1)].join('\n').trim()
  return { passages, question }
}

/** Words that say little about what a question is about. */
const SMALL = new Set(
  'a an and are as at be been by can could did do does for from had has have how i if in is it its me my not of on or our so that the their there these they this to us was we were what when where which who why will with would you your'.split(
    ' ',
  ),
)
/** What they still count, beside other words: "what is a queue?" asks for "a queue is …". */
const SMALL_WEIGHT = 0.1

interface Sentence {
  text: string
  words: ReadonlySet<string>
  passage: number
  score: number
}

/**
 * One to three sentences of the passages that have most in common with the question, each followed by the number of its
 * passage. Words count by their rarity (inverse document frequency over the sentences), long sentences a little less.
 */
export function extractAnswer({ passages, question }: PassageQuestion): string {
  const sentences = passages.flatMap(({ number, text }) => sentencesOf(text, number))
  const asked = wordsOf(question)
  const subject = subjectOf(asked)
  const weight = rarity(sentences)
  const explains = explanationOf(question)
  for (const sentence of sentences) {
    let shared = 0
    // By the words of the sentences, of which there are only as many as were sent; a question may have as many.
    for (const word of sentence.words) if (asked.has(word)) shared += weight(word)
    const bonus = explains?.test(sentence.text) ? EXPLAINS : 1
    sentence.score = (likelihood(sentence.text) * bonus * shared) / Math.sqrt(sentence.words.size + 4)
  }
  const best = sentences
    .filter(({ words }) => [...words].some((word) => subject.has(word)))
    .sort((a, b) => b.score - a.score)
  const [first] = best
  if (!first) return 'The passages do not answer this question.'
  const further = best
    .slice(1)
    .filter(({ text, score }) => score >= first.score * WORTH && likelihood(text) === 1)
  const chosen = distinct([first, ...further]).slice(0, MOST)
  return chosen.map(({ text, passage }) => `${shorten(text)} [${passage}]`).join(' ')
}

function likelihood({ length }: string): number {
  return length >= SENTENCE.shortest && length <= SENTENCE.longest ? 1 : UNLIKELY
}

function shorten(text: string): string {
  return text.length <= SENTENCE.longest ? text : `${text.slice(0, SENTENCE.longest - 1).trimEnd()}…`
}

/** What an answer must share with the question. One of small words alone is answered by what shares any of them. */
function subjectOf(asked: ReadonlySet<string>): ReadonlySet<string> {
  const meaning = new Set([...asked].filter((word) => !SMALL.has(word)))
  return meaning.size > 0 ? meaning : asked
}

/** Passages come again with every question about the same subject: what was read before is not read again. */
const read = new Map<string, readonly Pick<Sentence, 'text' | 'words'>[]>()
const REMEMBERED = { passages: 500, characters: 4_000 }

function sentencesOf(text: string, passage: number): Sentence[] {
  const sentences = read.get(text) ?? split(text)
  if (text.length <= REMEMBERED.characters) read.set(text, sentences)
  if (read.size > REMEMBERED.passages) read.delete(read.keys().next().value as string)
  return sentences.map((sentence) => ({ ...sentence, passage, score: 0 }))
}

function split(text: string): Pick<Sentence, 'text' | 'words'>[] {
  return text
    .replace(/```.*?(```|$)/gs, '\n\n')
    .split(/ ¶ |(?<=[.!?])\s+| \| |\s(?=#+ )|\n\s*\n|\n(?=\s*(?:[-*#|>]|\d+\.\s))/)
    .map((part) =>
      part
        .replace(/^[\s#>*-]+/, '')
        .replace(/\s+/g, ' ')
        .trim(),
    )
    .map((part) => ({ text: part, words: wordsOf(part) }))
    .filter(({ words }) => words.size > 0)
}

/** Characters of the longest name that is looked for as a whole. */
const LONGEST_NAME = 200

/** Of "What is a lease?": where a sentence says "lease is a …". */
function explanationOf(question: string): RegExp | undefined {
  const words = question.trim().replace(/\?$/, '').trimEnd().split(/\s+/, 8)
  const [ask = '', verb = '', ...rest] = words.map((word) => word.toLowerCase())
  const asked = /^(a|an|the)$/.test(rest[0] ?? '') ? rest.slice(1) : rest
  const name = asked.join(' ')
  const plain =
    words.length < 8 && name.length <= LONGEST_NAME && /^[\p{L}\p{N}_-]+( [\p{L}\p{N}_-]+)*$/u.test(name)
  if (!/^(what|who)$/.test(ask) || !/^(is|are)$/.test(verb) || !plain) return undefined
  return new RegExp(`\\b${name}\\W+(?:is|are)\\s+(?:an?|the|one)\\b`, 'iu')
}

/** Lower-case words without a plural s: enough to find "queues" by "queue". */
function wordsOf(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  return new Set(words.map((word) => (word.length > 3 ? word.replace(/(?<!s)s$/, '') : word)))
}

function rarity(sentences: readonly Sentence[]): (word: string) => number {
  const counts = new Map<string, number>()
  for (const { words } of sentences) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return (word) =>
    (SMALL.has(word) ? SMALL_WEIGHT : 1) *
    Math.log(1 + sentences.length / (counts.get(word) ?? Number.POSITIVE_INFINITY))
}

/** Overlapping passages hold the same sentence twice. */
function distinct(sentences: readonly Sentence[]): Sentence[] {
  const seen = new Set<string>()
  return sentences.filter(({ text }) => !seen.has(text) && seen.add(text))
}

import type { Prompt } from '../provider.ts'
import { extractAnswer, parsePassages } from './extract.ts'
import { createRandom, hashText } from './random.ts'

const SUBJECTS = [
  'The short answer',
  'A useful way to see it',
  'The main point',
  'What matters most',
  'In practice it',
]
const VERBS = ['depends on', 'comes down to', 'starts with', 'grows out of', 'is explained by']
const OBJECTS = [
  'what people do every day',
  'a few simple rules',
  'how often it is used',
  'the goals that were set',
  'trust built over time',
  'clear and early feedback',
  'the cost of doing nothing',
]
const ENDS = [
  'and the rest follows',
  'more than one expects',
  'as many teams have found',
  'from the first day on',
  'in the long run',
]
/** Characters of the prompt that are repeated. */
const MENTIONED = 60

/** Always the same for the same prompt and seed: taken from the passages where the prompt has some, else plausible words. */
export function writeText({ turns, system = '', seed = 0 }: Prompt, mockSeed: number): string {
  const asked = turns.findLast(({ role }) => role === 'user')?.content ?? ''
  const question = parsePassages(asked)
  if (question) return extractAnswer(question)
  const random = createRandom(hashText(`${system}\n${asked}`, mockSeed ^ seed))
  const pick = (from: readonly string[]) => from[Math.floor(random() * from.length)] ?? ''
  const count = 2 + Math.floor(random() * 4)
  const sentences = Array.from(
    { length: count },
    () => `${pick(SUBJECTS)} ${pick(VERBS)} ${pick(OBJECTS)}, ${pick(ENDS)}.`,
  )
  return [`About "${beginningOf(asked)}":`, ...sentences].join(' ')
}

function beginningOf(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= MENTIONED ? line : `${line.slice(0, MENTIONED).trimEnd()}…`
}

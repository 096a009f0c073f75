import { type GenerateAnswer, generateAnswer } from '../messages.ts'

/** An answer and the JSON in which it is sent. */
export interface Hit {
  answer: GenerateAnswer
  json: string
}

/** What is kept of an answer: the very text that a later request for it gets. */
export function encodeEntry(answer: GenerateAnswer): string {
  return JSON.stringify({ ...answer, cached: true })
}

/** Undefined for what is no answer, such as an entry of another program or version. */
export function decodeEntry(json: string): Hit | undefined {
  try {
    const { success, data } = generateAnswer.safeParse(JSON.parse(json))
    return success && data.cached ? { answer: data, json } : undefined
  } catch {
    return undefined
  }
}

import { randomUUID } from 'node:crypto'
import { printable } from '../../runtime/platform/log/index.ts'
import type { Question, RagClient } from '../../runtime/rag/client.ts'
import type { Context, QueryAnswer } from '../../runtime/rag/messages.ts'
import { servedLine, sourceLines } from './query-text.ts'

export interface QueryOutput {
  /** Data, as it is. */
  write(text: string): void
  /** For people. */
  say(text: string): void
}

/** Prints the answer when it is whole, with its sources. */
export function showAnswer(answer: QueryAnswer, { write, say }: QueryOutput): void {
  write(`${printable(answer.answer, true)}\n`)
  write(sources(answer.contexts))
  say(servedLine(answer))
}

/** Prints the answer as it comes, then its sources. */
export async function streamAnswer(
  client: RagClient,
  question: Question,
  { write, say }: QueryOutput,
): Promise<void> {
  let contexts: Context[] = []
  let begun = false
  for await (const part of client.follow(question, randomUUID())) {
    if (part.type === 'sources') contexts = part.contexts
    else if (part.type === 'token') {
      begun = true
      write(printable(part.text, true))
    } else if (part.type === 'restart') {
      if (begun) write('\n')
      if (begun) say('The answer begins anew.')
      begun = false
    } else {
      write(`\n${sources(contexts)}`)
      say(servedLine(part))
    }
  }
}

/** Prints each part of the answer as a line of JSON. */
export async function streamParts(
  client: RagClient,
  question: Question,
  { write }: QueryOutput,
): Promise<void> {
  for await (const part of client.follow(question, randomUUID())) write(`${JSON.stringify(part)}\n`)
}

function sources(contexts: readonly Context[]): string {
  return `\nSources:\n${sourceLines(contexts)
    .map((line) => `  ${printable(line)}\n`)
    .join('')}`
}

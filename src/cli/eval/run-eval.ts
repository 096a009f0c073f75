import { randomUUID } from 'node:crypto'
import type { EvaluationClient, NewSubmission } from '../../runtime/evaluation/client.ts'
import type { Accepted, Evaluation } from '../../runtime/evaluation/messages.ts'
import type { OutputName } from '../../runtime/sandbox/messages.ts'
import { endLine } from './eval-text.ts'

export interface EvalOutput {
  /** What the program writes, as it comes. */
  write(name: OutputName, text: string): void
  /** For people. */
  say(text: string): void
}

/** Submits a program; a repeat after a lost reply is the same evaluation. */
export function submitProgram(client: EvaluationClient, program: NewSubmission): Promise<Accepted> {
  return client.submit(program, randomUUID())
}

/**
 * Submits a program and shows what it writes until its end.
 * @param wanted aborted by Ctrl-C: the evaluation is cancelled then
 */
export async function runProgram(
  client: EvaluationClient,
  program: NewSubmission,
  wanted: AbortSignal,
  { write, say }: EvalOutput,
): Promise<Evaluation> {
  const { eval_id: id } = await submitProgram(client, program)
  const cancel = () => void cancelled(client, id, say)
  wanted.addEventListener('abort', cancel, { once: true })
  try {
    if (wanted.aborted) cancel()
    const end = await client.follow(id, {
      onOutput: write,
      onRestart: () => say('The executor was lost: the program is started anew, its output so far is void.'),
    })
    const line = endLine(end)
    if (line !== undefined) say(`${id}: ${line}`)
    return end
  } finally {
    wanted.removeEventListener('abort', cancel)
  }
}

async function cancelled(client: EvaluationClient, id: string, say: (text: string) => void): Promise<void> {
  say('Cancelling the evaluation …')
  await client.cancel(id).catch(() => {}) // it has ended by itself, or the stream tells what is wrong
}

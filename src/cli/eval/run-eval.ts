import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { EvaluationClient, NewSubmission } from '../../runtime/evaluation/client.ts'
import type { Accepted, Evaluation } from '../../runtime/evaluation/messages.ts'
import { AgentctlError } from '../../runtime/kernel/index.ts'
import type { OutputName } from '../../runtime/sandbox/messages.ts'
import { endLine } from './eval-text.ts'

export interface EvalOutput {
  /** What the program writes, as it comes. */
  write(name: OutputName, text: string): void
  /** For people. */
  say(text: string): void
}

/** Milliseconds after which it is said that nothing runs yet. */
const PATIENCE = 3_000
/** Milliseconds before a cancellation is sent again that the gateway did not take. */
const CANCEL_PAUSE = 500

/** Submits a program; a repeat after a lost reply is the same evaluation. */
export function submitProgram(client: EvaluationClient, program: NewSubmission): Promise<Accepted> {
  return client.submit(program, randomUUID())
}

/**
 * Submits a program and shows what it writes until its end.
 * @param wanted aborted by Ctrl-C: the evaluation is cancelled then
 * @param patience milliseconds after which it is said that it waits
 */
export async function runProgram(
  client: EvaluationClient,
  program: NewSubmission,
  wanted: AbortSignal,
  { write, say }: EvalOutput,
  patience = PATIENCE,
): Promise<Evaluation> {
  const over = new AbortController()
  const onCancel = () => say('Cancelling the evaluation … Press Ctrl-C again to leave it to itself.')
  wanted.addEventListener('abort', onCancel, { once: true, signal: over.signal })
  let waiting: NodeJS.Timeout | undefined
  try {
    const { eval_id: id } = await submitProgram(client, program)
    waiting = setTimeout(() => say(waitingLine(id)), patience)
    const cancel = () => void cancelled(client, id, over.signal)
    if (wanted.aborted) cancel()
    else wanted.addEventListener('abort', cancel, { once: true, signal: over.signal })
    const end = await client.follow(id, {
      onStatus: (status) => {
        if (status === 'running') clearTimeout(waiting)
      },
      onOutput: write,
      onRestart: () => say('The executor was lost: the program is started anew, its output so far is void.'),
    })
    const line = endLine(end)
    if (line !== undefined) say(`${id}: ${line}`)
    return end
  } finally {
    over.abort()
    clearTimeout(waiting)
  }
}

function waitingLine(id: string): string {
  return `${id} waits to be run: \`agentctl ps\` shows whether eval and executor do their work. Ctrl-C cancels it.`
}

/** Sends it until it is taken: a gateway that starts anew would forget what is asked of it meanwhile. */
async function cancelled(client: EvaluationClient, id: string, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    try {
      await client.cancel(id)
      return
    } catch (error) {
      // It has ended by itself, or the stream tells what is wrong.
      if (!(error instanceof AgentctlError && error.retryable)) return
      await pause(CANCEL_PAUSE, undefined, { signal: over }).catch(() => {})
    }
  }
}

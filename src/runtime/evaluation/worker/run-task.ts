import type { Lease } from '../../balancer/index.ts'
import { ConnectionLost } from '../../platform/http-client/index.ts'
import type { BackendKind, OutputName, Task } from '../../sandbox/index.ts'
import type { End } from '../records.ts'
import type { ExecutorClient } from './executor-client.ts'
import { cancelledEnd, type OutputTexts, outcomeToFacts } from './verdict.ts'

export interface RunTaskOptions {
  client: Pick<ExecutorClient, 'run'>
  executor: Pick<Lease, 'url' | 'gone'>
  task: Task
  /** Whoever runs it must stop. */
  signal: AbortSignal
  /** Nobody wants it any more. */
  cancelled: AbortSignal
  onRunning(): void
  onOutput(name: OutputName, text: string): void
  now: () => number
}

export interface FailedRun {
  error: unknown
  /** Where the program had begun. */
  backend: BackendKind | undefined
  /** What it had written. */
  output: OutputTexts
}

/** `outcome`: the end is that of the program. */
export type Ran = { end: End; outcome: boolean } | FailedRun

/**
 * Has one executor run a program once.
 * @throws the reason of `signal`
 */
export async function runTask(options: RunTaskOptions): Promise<Ran> {
  const { client, executor, task, signal, cancelled, now } = options
  const texts = { stdout: '', stderr: '' }
  let begun: { at: number; backend: BackendKind } | undefined
  try {
    const outcome = await client.run(executor.url, task, {
      signal: AbortSignal.any([signal, cancelled]),
      gone: executor.gone,
      onRunning(backend) {
        begun = { at: now(), backend }
        options.onRunning()
      },
      onOutput(name, text) {
        // The executor keeps to the limit; should it not, this process does not suffer.
        if (texts[name].length < task.limits.output_bytes) texts[name] += text
        options.onOutput(name, text)
      },
    })
    if (outcome.status !== 'cancelled' || cancelled.aborted)
      return { end: outcomeToFacts(outcome), outcome: true }
    throw new ConnectionLost('the executor has ended the program although nobody wanted it to')
  } catch (error) {
    signal.throwIfAborted()
    if (!cancelled.aborted) return { error, backend: begun?.backend, output: texts }
    if (begun === undefined) return { end: cancelledEnd(texts), outcome: false }
    return { end: { ...cancelledEnd(texts, now() - begun.at), backend: begun.backend }, outcome: false }
  }
}
